//! Cities of the sandbox's farms: real names, so that region and country choices read as on the grid. Data only.

/// One city.
pub struct Place {
    /// Its name.
    pub city: &'static str,
    /// Its country, as the grid's proxies spell it.
    pub country: &'static str,
    /// One of the five regions.
    pub region: &'static str,
    /// Degrees north.
    pub latitude: &'static str,
    /// Degrees east.
    pub longitude: &'static str,
}

const fn place(
    city: &'static str,
    country: &'static str,
    region: &'static str,
    latitude: &'static str,
    longitude: &'static str,
) -> Place {
    Place { city, country, region, latitude, longitude }
}

/// The regions take turns, so that the first farms of any fleet are spread over the world.
pub const PLACES: &[Place] = &[
    place("Ghent", "Belgium", "Europe", "51.0543", "3.7174"),
    place("Montreal", "Canada", "Americas", "45.5019", "-73.5674"),
    place("Singapore", "Singapore", "Asia", "1.2897", "103.8501"),
    place("Cairo", "Egypt", "Africa", "30.0444", "31.2357"),
    place("Auckland", "New Zealand", "Oceania", "-36.8485", "174.7633"),
    place("Vienna", "Austria", "Europe", "48.2082", "16.3738"),
    place("Dallas", "United States", "Americas", "32.7767", "-96.7970"),
    place("Tokyo", "Japan", "Asia", "35.6762", "139.6503"),
    place("Dar es Salaam", "Tanzania", "Africa", "-6.7924", "39.2083"),
    place("Melbourne", "Australia", "Oceania", "-37.8136", "144.9631"),
    place("Lausanne", "Switzerland", "Europe", "46.5197", "6.6323"),
    place("Sao Paulo", "Brazil", "Americas", "-23.5505", "-46.6333"),
    place("Mumbai", "India", "Asia", "19.0760", "72.8777"),
    place("Nairobi", "Kenya", "Africa", "-1.2921", "36.8219"),
    place("Wellington", "New Zealand", "Oceania", "-41.2866", "174.7756"),
    place("Helsinki", "Finland", "Europe", "60.1699", "24.9384"),
    place("Santiago", "Chile", "Americas", "-33.4489", "-70.6693"),
    place("Seoul", "South Korea", "Asia", "37.5665", "126.9780"),
    place("Cape Town", "South Africa", "Africa", "-33.9249", "18.4241"),
    place("Brisbane", "Australia", "Oceania", "-27.4698", "153.0251"),
];
