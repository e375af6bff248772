//! Medians, ratios, and the table that people read.

use std::fmt::Write as _;
use std::time::Duration;

/// The middle of some values; of an even number the upper one.
pub(super) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The median of the pairs' ratios: what made both runs of a pair slow cancels out.
pub(super) fn ratio(pairs: &[(f64, f64)]) -> f64 {
    median(pairs.iter().map(|(ours, theirs)| ours / theirs))
}

/// A Markdown table.
#[derive(Debug)]
pub(super) struct Table {
    text: String,
}

impl Table {
    pub(super) fn new<const N: usize>(title: &str, head: [&str; N]) -> Self {
        let mut table = Self {
            text: format!("\n{title}\n\n"),
        };
        table.row(head);
        table.row(head.map(|cell| if cell.is_empty() { "---" } else { "---:" }));
        table
    }

    pub(super) fn row<const N: usize>(&mut self, cells: [&str; N]) {
        writeln!(self.text, "| {} |", cells.join(" | ")).expect("a string takes everything");
    }

    pub(super) fn line(&mut self, text: &str) {
        writeln!(self.text, "\n{text}").expect("a string takes everything");
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }
}

/// Whether a figure is within its target.
pub(super) fn verdict(figure: f64, target: f64) -> &'static str {
    if figure <= target { "ok" } else { "missed" }
}

/// Seconds, for people.
pub(super) fn seconds(duration: Duration) -> f64 {
    duration.as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn median_does_not_heed_order_or_outliers() {
        for (values, expected) in [
            (vec![3.0_f64, 1.0, 900.0], 3.0_f64),
            (vec![2.0], 2.0),
            (vec![4.0, 1.0, 3.0, 2.0], 3.0),
        ] {
            assert_eq!(median(values.clone()).to_bits(), expected.to_bits(), "{values:?}");
        }
        assert!(median([]).is_nan());
    }

    #[test]
    fn ratio_is_taken_within_pairs() {
        // The machine was ten times slower during the second pair.
        let pairs = [(1.0, 2.0), (10.0, 20.0), (1.0, 1.0)];
        assert_eq!(ratio(&pairs).to_bits(), 0.5_f64.to_bits());
    }

    #[test]
    fn a_figure_that_is_no_number_misses() {
        for (figure, expected) in [(1.0, "ok"), (1.01, "missed"), (f64::NAN, "missed")] {
            assert_eq!(verdict(figure, 1.0), expected, "{figure}");
        }
    }

    #[test]
    fn table_is_markdown() {
        let mut table = Table::new("title", ["", "a"]);
        table.row(["x", "1"]);
        table.line("end");
        assert_eq!(
            table.into_text(),
            "\ntitle\n\n|  | a |\n| --- | ---: |\n| x | 1 |\n\nend\n"
        );
    }
}
