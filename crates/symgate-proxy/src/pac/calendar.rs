//! Weekdays, dates and hours for `weekdayRange`, `dateRange` and `timeRange`, as
//! [MDN](https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/Proxy_servers_and_tunneling/Proxy_Auto-Configuration_PAC_file)
//! describes them.
//!
//! All three end in an optional `"GMT"`; without it local time counts. Names are in upper case only,
//! as in browsers. What is not understood is "no".

/// A point in time and how local clocks show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Seconds since 1970-01-01T00:00:00Z.
    pub unix_seconds: i64,
    /// How far local time is ahead of UTC, in seconds; negative west of Greenwich.
    pub utc_offset: i32,
}

impl Moment {
    /// What a clock shows, there or here.
    fn reading(self, zone: Zone) -> Reading {
        let ahead = match zone {
            Zone::Gmt => 0,
            Zone::Local => i64::from(self.utc_offset),
        };
        let seconds = self.unix_seconds.saturating_add(ahead);
        let days = seconds.div_euclid(DAY);
        let (year, month, day) = civil(days);
        Reading {
            year,
            month,
            day,
            // 1970-01-01 was a Thursday, and the week begins on Sunday.
            weekday: days.saturating_add(4).rem_euclid(7),
            second: seconds.rem_euclid(DAY),
        }
    }
}

/// `weekdayRange(first [, last] [, "GMT"])`; from Friday to Monday is four days.
pub(super) fn weekday_range(args: &[String], moment: Moment) -> bool {
    let (args, zone) = without_zone(args);
    let today = moment.reading(zone).weekday;
    let (first, last) = match args {
        [first, last] => (first, last),
        [first, ..] => (first, first),
        [] => return false,
    };
    match (position(&WEEKDAYS, first), position(&WEEKDAYS, last)) {
        (Some(first), Some(last)) => within(&first, &today, &last),
        _ => false,
    }
}

/// `dateRange`: a day, a month, a year, or several of these as one date; or two of the same kind:
/// days, months, years, pairs (day and month, month and year) or whole dates. The words of a date may
/// stand in any order.
///
/// Browsers calculate with whole dates and let a day that a month does not have flow over, so that
/// "January to February" includes the first days of March. Here the words that are given are
/// compared, and nothing flows over.
pub(super) fn date_range(args: &[String], moment: Moment) -> bool {
    let (args, zone) = without_zone(args);
    let today = moment.reading(zone);
    let (from, to) = match args.len() {
        0 => return false,
        // `24, "DEC"`: no kind of word twice.
        _ if Date::parse(args).is_some() => (args, args),
        2 | 4 | 6 => args.split_at(args.len() / 2),
        _ => return false,
    };
    let (Some(from), Some(to)) = (Date::parse(from), Date::parse(to)) else {
        return false;
    };
    if !from.has_the_fields_of(&to) {
        return false;
    }
    let today = Date {
        year: from.year.and(Some(today.year)),
        month: from.month.and(Some(today.month)),
        day: from.day.and(Some(today.day)),
    };
    within(&from, &today, &to)
}

/// `timeRange`: an hour; or two hours, both included; or two times with minutes, or with minutes and
/// seconds, both included, perhaps over midnight.
///
/// Two bare hours do not reach over midnight, as in browsers.
///
/// # Errors
///
/// Browsers throw for three, five and more than six numbers.
pub(super) fn time_range(args: &[String], moment: Moment) -> Result<bool, &'static str> {
    let (args, zone) = without_zone(args);
    let now = moment.reading(zone).second;
    let hour = now / 3600;
    let mut numbers = Vec::new();
    for arg in args {
        match arg.trim().parse::<i64>() {
            Ok(number) if (0..=86_400).contains(&number) => numbers.push(number),
            _ => return Ok(false),
        }
    }
    Ok(match numbers[..] {
        [] => false,
        [only] => hour == only,
        [from, to] => from <= hour && hour <= to,
        [h1, m1, h2, m2] => within(&seconds(h1, m1, 0), &now, &seconds(h2, m2, 59)),
        [h1, m1, s1, h2, m2, s2] => within(&seconds(h1, m1, s1), &now, &seconds(h2, m2, s2)),
        _ => return Err("timeRange: bad number of arguments"),
    })
}

#[derive(Clone, Copy)]
enum Zone {
    Gmt,
    Local,
}

/// What a calendar and a clock on the wall show.
struct Reading {
    year: i64,
    /// 0 is January.
    month: i64,
    day: i64,
    /// 0 is Sunday.
    weekday: i64,
    /// Of the day.
    second: i64,
}

/// The words of a date that were given; ordered by year, month, day, which is what fields are in.
#[derive(Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Date {
    year: Option<i64>,
    month: Option<i64>,
    day: Option<i64>,
}

impl Date {
    fn parse(words: &[String]) -> Option<Self> {
        let mut date = Self::default();
        for word in words {
            let (field, value) = match leading_number(word) {
                None => (&mut date.month, position(&MONTHS, word)?),
                Some(day @ 1..32) => (&mut date.day, day),
                Some(year) => (&mut date.year, year),
            };
            if field.replace(value).is_some() {
                return None;
            }
        }
        Some(date)
    }

    fn has_the_fields_of(&self, other: &Self) -> bool {
        let fields = |date: &Self| (date.year.is_some(), date.month.is_some(), date.day.is_some());
        fields(self) == fields(other)
    }
}

/// Whether a value lies between two others, around the end of the year or day if they say so.
fn within<T: PartialOrd>(from: &T, value: &T, to: &T) -> bool {
    if from <= to {
        from <= value && value <= to
    } else {
        value >= from || value <= to
    }
}

fn without_zone(args: &[String]) -> (&[String], Zone) {
    match args {
        [rest @ .., last] if last == "GMT" => (rest, Zone::Gmt),
        _ => (args, Zone::Local),
    }
}

fn position(names: &[&str], name: &str) -> Option<i64> {
    let found = names.iter().position(|known| *known == name)?;
    i64::try_from(found).ok()
}

/// The number that a word begins with, as `parseInt` reads it; a `-` begins none.
fn leading_number(word: &str) -> Option<i64> {
    let word = word.trim_start();
    let digits = word.find(|c: char| !c.is_ascii_digit()).unwrap_or(word.len());
    word.get(..digits)?.parse().ok()
}

const fn seconds(hours: i64, minutes: i64, seconds: i64) -> i64 {
    hours * 3600 + minutes * 60 + seconds
}

/// Year, month (0 is January) and day of a number of days since 1970-01-01, in the Gregorian calendar.
fn civil(days: i64) -> (i64, i64, i64) {
    // Years counted from March put the leap day last; 400 of them have 146 097 days. The last day
    // of a cycle is the only one that three plain divisions would put into a 401st year.
    let since_march_of_0 = days.saturating_add(719_468);
    let cycle = since_march_of_0.div_euclid(146_097);
    let in_cycle = since_march_of_0.rem_euclid(146_097);
    let century = (in_cycle / 36_524).min(3);
    let in_century = in_cycle - century * 36_524;
    let fourth = in_century / 1_461;
    let in_fourth = in_century % 1_461;
    let single = (in_fourth / 365).min(3);
    let in_year = in_fourth - single * 365;
    let year = cycle * 400 + century * 100 + fourth * 4 + single;
    // From March on, months of 31 and 30 days alternate in groups of five that have 153 days.
    let from_march = (in_year * 5 + 2) / 153;
    let day = in_year - (from_march * 153 + 2) / 5 + 1;
    if from_march < 10 {
        (year, from_march + 2, day)
    } else {
        (year + 1, from_march - 10, day)
    }
}

const DAY: i64 = 86_400;
const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
const MONTHS: [&str; 12] = [
    "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
];

#[cfg(test)]
mod tests;
