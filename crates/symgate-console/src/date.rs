//! The time stamp of an image as text.

/// Prints a time stamp as the debuggers do, `Mon May 16 06:59:13 2022`, in UTC: what time zone the reader lives in is
/// not known here, and the stamp's own time is the same for everybody.
pub(crate) fn utc(timestamp: u32) -> String {
    let (days, seconds) = (timestamp / 86_400, timestamp % 86_400);
    let (year, month, day) = civil(days);
    let name = |names: &'static str, index: u32| {
        let at = usize::try_from(index).unwrap_or_default() * 3;
        names.get(at..at + 3).unwrap_or("???")
    };
    // 1 January 1970 was a Thursday.
    let weekday = name("ThuFriSatSunMonTueWed", days % 7);
    let month = name("JanFebMarAprMayJunJulAugSepOctNovDec", month);
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("{weekday} {month} {day:2} {hour:02}:{minute:02}:{second:02} {year}")
}

/// Year, month from 0 and day from 1 of a day since 1970.
///
/// Years are taken off one by one: 32 bits of seconds end in 2106, so there are at most 137.
fn civil(mut days: u32) -> (u32, u32, u32) {
    let mut year = 1970;
    while days >= days_of(year) {
        days -= days_of(year);
        year += 1;
    }
    let february = days_of(year) - 337;
    for (month, length) in (0..).zip([31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]) {
        if days < length {
            return (year, month, days + 1);
        }
        days -= length;
    }
    (year, 11, 31)
}

const fn days_of(year: u32) -> u32 {
    // 2000 is a leap year and 2100 is none; nothing else in this range is special.
    if year.is_multiple_of(4) && year != 2100 {
        366
    } else {
        365
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The expected texts are those of `date -u`.
    #[test]
    fn stamps_read_as_a_calendar_has_them() {
        for (stamp, text) in [
            (0, "Thu Jan  1 00:00:00 1970"),
            (0x3C76_C346, "Fri Feb 22 22:16:38 2002"),
            (951_782_400, "Tue Feb 29 00:00:00 2000"),
            (1_709_251_199, "Thu Feb 29 23:59:59 2024"),
            (1_704_067_199, "Sun Dec 31 23:59:59 2023"),
            (4_107_542_400, "Mon Mar  1 00:00:00 2100"),
            (u32::MAX, "Sun Feb  7 06:28:15 2106"),
        ] {
            assert_eq!(utc(stamp), text, "{stamp}");
        }
    }
}
