//! Ranges, row by row, as calls of a script would make them.

use super::*;

/// 2026-03-01T00:30:15Z, a Sunday, and still Saturday an hour west.
const NEW_MARCH: Moment = Moment {
    unix_seconds: 1_772_325_015,
    utc_offset: -3600,
};

/// 2024-12-31T22:59:59Z, a Tuesday, the same day an hour east.
const LAST_HOUR: Moment = Moment {
    unix_seconds: 1_735_685_999,
    utc_offset: 3600,
};

fn words(args: &str) -> Vec<String> {
    args.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn weekdays_may_go_around_the_week() {
    for (moment, args, expected) in [
        (NEW_MARCH, "SAT", true),
        (NEW_MARCH, "SUN", false),
        (NEW_MARCH, "SUN GMT", true),
        (NEW_MARCH, "SAT GMT", false),
        (NEW_MARCH, "MON FRI", false),
        (NEW_MARCH, "FRI MON", true),
        (NEW_MARCH, "MON SAT", true),
        (NEW_MARCH, "SUN FRI", false),
        (NEW_MARCH, "SUN SUN GMT", true),
        (NEW_MARCH, "sat", false),
        (NEW_MARCH, "SATURDAY", false),
        (NEW_MARCH, "SAT X", false),
        (NEW_MARCH, "X SAT", false),
        (NEW_MARCH, "6", false),
        (NEW_MARCH, "GMT", false),
        (NEW_MARCH, "", false),
        (LAST_HOUR, "TUE", true),
        (LAST_HOUR, "MON WED", true),
        (LAST_HOUR, "WED MON", false),
    ] {
        assert_eq!(weekday_range(&words(args), moment), expected, "weekdayRange({args})");
    }
}

#[test]
fn dates_are_compared_by_the_words_that_are_given() {
    for (moment, args, expected) in [
        (NEW_MARCH, "28", true),
        (NEW_MARCH, "1", false),
        (NEW_MARCH, "1 GMT", true),
        (NEW_MARCH, "FEB", true),
        (NEW_MARCH, "MAR", false),
        (NEW_MARCH, "MAR GMT", true),
        (NEW_MARCH, "2026", true),
        (NEW_MARCH, "2025", false),
        (NEW_MARCH, "1 15", false),
        (NEW_MARCH, "15 31", true),
        (NEW_MARCH, "25 5", true),
        (NEW_MARCH, "JAN FEB", true),
        // A browser counts three days of March to February here.
        (NEW_MARCH, "JAN FEB GMT", false),
        (NEW_MARCH, "NOV FEB", true),
        (NEW_MARCH, "MAR JAN", false),
        (NEW_MARCH, "2025 2026", true),
        (NEW_MARCH, "2027 2030", false),
        (NEW_MARCH, "1 FEB 28 FEB", true),
        (NEW_MARCH, "FEB 1 FEB 28", true),
        (NEW_MARCH, "1 MAR 15 AUG", false),
        (NEW_MARCH, "1 MAR 15 AUG GMT", true),
        (NEW_MARCH, "24 DEC 6 MAR", true),
        (NEW_MARCH, "DEC 2025 MAR 2026", true),
        (NEW_MARCH, "MAR 2026 MAR 2027", false),
        (NEW_MARCH, "1 JAN 2026 28 FEB 2026", true),
        (NEW_MARCH, "1 JAN 2026 27 FEB 2026", false),
        (NEW_MARCH, "1 JAN 2025 31 DEC 2025", false),
        (NEW_MARCH, "28th", true),
        (NEW_MARCH, "feb", false),
        (NEW_MARCH, "0", false),
        (NEW_MARCH, "28 FEB", true),
        (NEW_MARCH, "FEB 28", true),
        (NEW_MARCH, "27 FEB", false),
        (NEW_MARCH, "28 MAR", false),
        (NEW_MARCH, "FEB 2026", true),
        (NEW_MARCH, "28 FEB 2026", true),
        (NEW_MARCH, "28 FEB 1995", false),
        (NEW_MARCH, "1 FEB", false),
        (NEW_MARCH, "1 2 3 4", false),
        (NEW_MARCH, "1 FEB 2026", false),
        (NEW_MARCH, "1 FEB 28 2026", false),
        (NEW_MARCH, "GMT", false),
        (NEW_MARCH, "", false),
        (LAST_HOUR, "31 DEC 31 DEC", true),
        (LAST_HOUR, "2024", true),
        (LAST_HOUR, "DEC JAN", true),
    ] {
        assert_eq!(date_range(&words(args), moment), expected, "dateRange({args})");
    }
}

#[test]
fn times_include_both_ends_and_may_go_around_midnight() {
    for (moment, args, expected) in [
        (NEW_MARCH, "23", true),
        (NEW_MARCH, "0", false),
        (NEW_MARCH, "0 GMT", true),
        (NEW_MARCH, "22 23", true),
        (NEW_MARCH, "0 23", true),
        (NEW_MARCH, "9 17", false),
        // Bare hours stop at midnight, in browsers too.
        (NEW_MARCH, "22 6", false),
        (NEW_MARCH, "23 30 23 30", true),
        (NEW_MARCH, "23 31 23 59", false),
        (NEW_MARCH, "22 0 6 0", true),
        (NEW_MARCH, "22 0 6 0 GMT", true),
        (NEW_MARCH, "1 0 22 0", false),
        (NEW_MARCH, "0 0 24 0", true),
        (NEW_MARCH, "23 30 15 23 30 15", true),
        (NEW_MARCH, "23 30 16 23 30 20", false),
        (NEW_MARCH, "23 30 0 23 30 14", false),
        (NEW_MARCH, "0 30 15 0 30 15 GMT", true),
        (NEW_MARCH, "x", false),
        (NEW_MARCH, "-1 23", false),
        (NEW_MARCH, "GMT", false),
        (NEW_MARCH, "", false),
        (LAST_HOUR, "23 59 59 23 59 59", true),
        (LAST_HOUR, "22 59 22 59 GMT", true),
        (LAST_HOUR, "23 59 0 0", true),
    ] {
        assert_eq!(time_range(&words(args), moment), Ok(expected), "timeRange({args})");
    }
    for args in ["1 2 3", "1 2 3 4 5", "1 2 3 GMT", "1 2 3 4 5 6 7"] {
        assert!(time_range(&words(args), NEW_MARCH).is_err(), "timeRange({args})");
    }
}

#[test]
fn days_become_dates() {
    for (days, expected) in [
        (0, (1970, 0, 1)),
        (-1, (1969, 11, 31)),
        (58, (1970, 1, 28)),
        (59, (1970, 2, 1)),
        (789, (1972, 1, 29)),
        (790, (1972, 2, 1)),
        (10_956, (1999, 11, 31)),
        (11_016, (2000, 1, 29)),
        (11_017, (2000, 2, 1)),
        (20_513, (2026, 2, 1)),
        (47_540, (2100, 1, 28)),
        (47_541, (2100, 2, 1)),
        (-719_468, (0, 2, 1)),
    ] {
        assert_eq!(civil(days), expected, "{days}");
    }
}

#[test]
fn every_moment_has_a_reading() {
    for unix_seconds in [i64::MIN, -1, 0, i64::MAX] {
        for utc_offset in [i32::MIN, 0, i32::MAX] {
            let moment = Moment {
                unix_seconds,
                utc_offset,
            };
            assert!(weekday_range(&words("SUN SAT"), moment), "{moment:?}");
            assert!(date_range(&words("JAN DEC"), moment), "{moment:?}");
        }
    }
}
