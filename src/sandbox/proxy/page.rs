//! Order and pages of the grid proxy's lists (gridproxy.md section 2).
//!
//! Works on rows in JSON, since what a list is sorted by is a field of its rows. Not here: which rows.

use super::params::Params;
use crate::clock::Dice;
use crate::grid::Response;
use crate::sandbox::site;
use serde_json::Value;
use std::cmp::Ordering;

/// A sort field: its name, and where it stands in a row. Two places: the first less the second.
pub(super) type SortField = (&'static str, &'static [&'static str]);

/// The rows in the wanted order, the wanted page of them, and the headers that go with it.
///
/// # Errors
/// The proxy's words for an unknown sort field or order.
pub(super) fn page(mut rows: Vec<Value>, params: &Params, fields: &[SortField], seed: u64) -> Result<Response, String> {
    let total = rows.len();
    let down = match params.text("sort_order").map(str::to_lowercase).as_deref() {
        None | Some("asc") => false,
        Some("desc") => true,
        Some(other) => return Err(format!("invalid sort_order: {other}")),
    };
    let by = match params.text("sort_by").map(str::to_lowercase) {
        None => None,
        Some(name) => match fields.iter().find(|(known, _)| *known == name) {
            Some((_, places)) => Some(*places),
            None => return Err(format!("invalid sort_by: {name}")),
        },
    };
    if params.flag("randomize") == Some(true) {
        shuffle(&mut rows, &Dice::seeded(seed));
    } else if let Some(places) = by {
        rows.sort_by(|a, b| if down { order(b, a, places) } else { order(a, b, places) });
    }
    let size = usize::try_from(params.number("size").unwrap_or(50)).unwrap_or(usize::MAX);
    let number = usize::try_from(params.number("page").unwrap_or(1)).unwrap_or(usize::MAX).max(1);
    let rows: Vec<Value> = rows.into_iter().skip((number - 1).saturating_mul(size)).take(size).collect();
    let mut answer = site::json(200, &rows);
    if params.flag("ret_count") == Some(true) {
        let pages = if size == 0 { 0 } else { total.div_ceil(size) };
        for (name, value) in [("count", total), ("size", size), ("pages", pages)] {
            answer.headers.push((name.to_owned(), value.to_string()));
        }
    }
    Ok(answer)
}

fn shuffle(rows: &mut [Value], dice: &Dice) {
    for last in (1..rows.len()).rev() {
        rows.swap(last, usize::try_from(dice.below(last as u64 + 1)).unwrap_or(0));
    }
}

fn order(a: &Value, b: &Value, places: &[&str]) -> Ordering {
    let number = |row: &Value| {
        let mut values = places.iter().map(|place| row.pointer(place).and_then(Value::as_f64));
        let first = values.next()??;
        values.try_fold(first, |rest, value| Some(rest - value?))
    };
    match (number(a), number(b)) {
        (Some(a), Some(b)) => a.total_cmp(&b),
        _ => {
            let text = |row: &Value| {
                places.first().and_then(|place| row.pointer(place)).map(|value| match value {
                    Value::String(text) => text.to_lowercase(),
                    other => other.to_string(),
                })
            };
            text(a).cmp(&text(b))
        }
    }
}
