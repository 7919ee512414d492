//! Amounts as lines: time spans, moments, TFT, USD. Rounded to what helps a reader.
//!
//! Not a formatter: how a unit is written in a language stands in `locales/<lang>/units.ftl`.

use super::line::Line;
use crate::clock::Timestamp;
use std::time::Duration;

/// A span of time in its two largest units: `41 s`, `1 min 58 s`, `3 h 20 min`, `2 d 4 h`.
pub fn duration(span: Duration) -> Line {
    let seconds = span.as_secs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match (days, hours, minutes) {
        (0, 0, 0) => Line::new("units-seconds").with("seconds", seconds),
        (0, 0, _) if seconds.is_multiple_of(60) => Line::new("units-minutes").with("minutes", minutes),
        (0, 0, _) => Line::new("units-minutes-seconds").with("minutes", minutes).with("seconds", seconds % 60),
        (0, ..) if minutes.is_multiple_of(60) => Line::new("units-hours").with("hours", hours),
        (0, ..) => Line::new("units-hours-minutes").with("hours", hours).with("minutes", minutes % 60),
        _ if hours.is_multiple_of(24) => Line::new("units-days").with("days", days),
        _ => Line::new("units-days-hours").with("days", days).with("hours", hours % 24),
    }
}

/// An amount of TFT: `0.9 TFT`, `212 TFT`.
pub fn tft(amount: f64) -> Line {
    Line::new("units-tft").with("amount", readable(amount))
}

/// An amount of US dollars: `16 USD`, `0.022 USD`.
pub fn usd(amount: f64) -> Line {
    Line::new("units-usd").with("amount", readable(amount))
}

/// A moment within a day: `14:02 UTC`.
pub fn moment(at: Timestamp) -> Line {
    Line::new("units-moment").with("time", at.calendar().format("%H:%M").to_string())
}

/// A moment on a day: `2026-11-23 14:02 UTC`.
pub fn day(at: Timestamp) -> Line {
    Line::new("units-day").with("time", at.calendar().format("%Y-%m-%d %H:%M").to_string())
}

/// Rounded to what people read: whole from 100 on, else to about three digits.
fn readable(amount: f64) -> f64 {
    let scale = match amount.abs() {
        large if large >= 100.0 => 1.0,
        middle if middle >= 10.0 => 10.0,
        small if small >= 0.1 => 100.0,
        tiny if tiny >= 0.01 => 1000.0,
        _ => 10_000.0,
    };
    (amount * scale).round() / scale
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::speech::Voices;

    #[test]
    fn amounts_read_well_in_each_language() {
        let voices = Voices::load();
        let (en, fr) = (voices.find(["en"]), voices.find(["fr"]));
        let spans = [0, 41, 60, 118, 3600, 12_000, 86_400 * 2 + 4 * 3600 + 59];
        let said: Vec<_> = spans.iter().map(|s| en.say(&duration(Duration::from_secs(*s)))).collect();
        assert_eq!(said, ["0 s", "41 s", "1 min", "1 min 58 s", "1 h", "3 h 20 min", "2 d 4 h"]);
        assert_eq!(fr.say(&duration(Duration::from_secs(86_400 * 3))), "3 j");
        assert_eq!(en.say(&tft(212.345)), "212 TFT");
        assert_eq!(fr.say(&tft(0.9)), "0,9 TFT");
        assert_eq!(en.say(&usd(0.022_341)), "0.022 USD");
        assert_eq!(en.say(&moment(Timestamp::from_secs(50_520))), "14:02 UTC");
    }
}
