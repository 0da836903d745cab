//! Columns of dates: which part of a date becomes which number.
//!
//! A date is counted in days from 1970, with the time of day as its fraction, in the calendar of today at all times. No zones: a date is what is written.

use serde::{Deserialize, Serialize};

/// One part of a date that a net sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DatePart {
    /// Days from 1970, with the time of day.
    Days,
    Year,
    /// 1 to 12.
    Month,
    /// 1 to 31.
    Day,
    /// Monday is 0.
    Weekday,
    /// The day of the year, from 1.
    Yearday,
    /// 0 to 24, with minutes and seconds.
    Hour,
}

impl DatePart {
    pub const NAMES: &'static [&'static str] =
        &["days", "year", "month", "day", "weekday", "yearday", "hour"];

    /// By its word.
    pub fn of(word: &str) -> Option<Self> {
        let all = [Self::Days, Self::Year, Self::Month, Self::Day, Self::Weekday, Self::Yearday, Self::Hour];
        Self::NAMES.iter().zip(all).find(|(name, _)| **name == word).map(|(_, part)| part)
    }

    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    /// After how many it begins again, and with which number it begins.
    fn round(self) -> Option<(f64, f64)> {
        match self {
            Self::Days | Self::Year => None,
            Self::Month => Some((12.0, 1.0)),
            Self::Day => Some((31.0, 1.0)),
            Self::Weekday => Some((7.0, 0.0)),
            Self::Yearday => Some((366.0, 1.0)),
            Self::Hour => Some((24.0, 0.0)),
        }
    }
}

/// In which order a date is written; one that begins with four digits begins with the year.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    #[default]
    Ymd,
    Dmy,
    Mdy,
}

impl Order {
    pub const ALL: [Order; 3] = [Order::Ymd, Order::Dmy, Order::Mdy];

    pub fn name(self) -> &'static str {
        match self {
            Order::Ymd => "ymd",
            Order::Dmy => "dmy",
            Order::Mdy => "mdy",
        }
    }
}

/// A column of dates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dates {
    pub parts: Vec<DatePart>,
    #[serde(default)]
    pub order: Order,
    /// Whether parts that come around again are a sine and a cosine each.
    #[serde(default)]
    pub round: bool,
}

impl Dates {
    /// Numbers that a date becomes.
    pub fn width(&self) -> usize {
        self.parts.iter().map(|part| self.numbers_of(*part)).sum()
    }

    fn numbers_of(&self, part: DatePart) -> usize {
        if self.round && part.round().is_some() { 2 } else { 1 }
    }

    /// What its numbers are called.
    pub fn names(&self) -> Vec<String> {
        let of = |part: &DatePart| match self.numbers_of(*part) {
            2 => vec![format!("sin {}", part.name()), format!("cos {}", part.name())],
            _ => vec![part.name().to_owned()],
        };
        self.parts.iter().flat_map(of).collect()
    }

    /// Its numbers, of days from 1970.
    pub fn numbers(&self, days: f64) -> Vec<f64> {
        let (year, month, day) = civil(days.floor() as i64);
        let of = |part: &DatePart| {
            let x = match part {
                DatePart::Days => days,
                DatePart::Year => year as f64,
                DatePart::Month => f64::from(month),
                DatePart::Day => f64::from(day),
                DatePart::Weekday => (days.floor() as i64 + 3).rem_euclid(7) as f64,
                DatePart::Yearday => days.floor() - days_from(year, 1, 1) as f64 + 1.0,
                DatePart::Hour => (days - days.floor()) * 24.0,
            };
            match part.round().filter(|_| self.round) {
                Some((length, first)) => {
                    let angle = std::f64::consts::TAU * (x - first) / length;
                    vec![libm::sin(angle), libm::cos(angle)]
                }
                None => vec![x],
            }
        };
        self.parts.iter().flat_map(of).collect()
    }

    /// Days from 1970, of `2024-03-01`, `2024/3/1 12:30`, `20240301`, `2024-03-01T12:30:05.25Z`; by the order `01.03.2024`.
    pub fn read(&self, cell: &str) -> Option<f64> {
        let (date, time) = match cell.find(['T', ' ']) {
            Some(at) => (&cell[..at], cell[at + 1..].trim()),
            None => (cell, ""),
        };
        let is_compact = date.len() == 8 && date.bytes().all(|byte| byte.is_ascii_digit());
        let mut numbers = [0_i64; 3];
        if is_compact {
            numbers = match self.order {
                Order::Ymd => [&date[..4], &date[4..6], &date[6..]],
                Order::Dmy | Order::Mdy => [&date[..2], &date[2..4], &date[4..]],
            }
            .map(|text| text.parse().unwrap_or(0));
        } else {
            let fields: Vec<&str> = date.split(['-', '/', '.']).collect();
            let [_, _, _] = fields[..] else { return None };
            for (number, field) in numbers.iter_mut().zip(&fields) {
                let sound = (1..=4).contains(&field.len()) && field.bytes().all(|byte| byte.is_ascii_digit());
                *number = field.parse().ok().filter(|_| sound)?;
            }
        }
        let begins_with_year = date.bytes().take_while(u8::is_ascii_digit).count() >= 4;
        let [year, month, day] = match (self.order, numbers) {
            (Order::Ymd, numbers) => numbers,
            (_, numbers) if begins_with_year && !is_compact => numbers,
            (Order::Dmy, [day, month, year]) | (Order::Mdy, [month, day, year]) => [year, month, day],
        };
        let (month, day) = (u32::try_from(month).ok()?, u32::try_from(day).ok()?);
        // What comes out as another date than went in, the 30th of February, is none.
        let days = (1..=12).contains(&month).then(|| days_from(year, month, day))?;
        (civil(days) == (year, month, day)).then_some(())?;
        Some(days as f64 + clock(time)?)
    }
}

/// The share of a day.
fn clock(time: &str) -> Option<f64> {
    if time.is_empty() {
        return Some(0.0);
    }
    let time = time.strip_suffix('Z').unwrap_or(time);
    let mut fields = time.split(':');
    let mut next = |most: f64| {
        let x = fields.next().map_or(Some(0.0), |field| field.parse::<f64>().ok())?;
        (0.0..most).contains(&x).then_some(x)
    };
    let (hours, minutes, seconds) = (next(24.0)?, next(60.0)?, next(61.0)?);
    fields.next().is_none().then_some((hours + minutes / 60.0 + seconds / 3600.0) / 24.0)
}

/// Days from 1970-01-01 (Hinnant's `days_from_civil`).
fn days_from(year: i64, month: u32, day: u32) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let month = i64::from((month + 9) % 12);
    let of_year = (153 * month + 2) / 5 + i64::from(day) - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Year, month and day (Hinnant's `civil_from_days`).
fn civil(days: i64) -> (i64, u32, u32) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = (of_year - (153 * shifted + 2) / 5 + 1) as u32;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 } as u32;
    (year + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dates(order: Order, parts: &[DatePart], round: bool) -> Dates {
        Dates { parts: parts.to_vec(), order, round }
    }

    /// Against Python's `date.toordinal() - 719163`, `weekday()` and `timetuple().tm_yday`.
    #[test]
    fn parts_are_those_of_the_calendar() {
        use DatePart::*;
        let all = dates(Order::Ymd, &[Days, Year, Month, Day, Weekday, Yearday, Hour], false);
        for (cell, parts) in [
            ("1970-01-01", [0.0, 1970.0, 1.0, 1.0, 3.0, 1.0, 0.0]),
            ("2024-02-29", [19782.0, 2024.0, 2.0, 29.0, 3.0, 60.0, 0.0]),
            ("1969-12-31", [-1.0, 1969.0, 12.0, 31.0, 2.0, 365.0, 0.0]),
            ("2000-12-31T18:00", [11322.75, 2000.0, 12.0, 31.0, 6.0, 366.0, 18.0]),
            ("1900/3/1", [-25508.0, 1900.0, 3.0, 1.0, 3.0, 60.0, 0.0]),
            ("20240301", [19783.0, 2024.0, 3.0, 1.0, 4.0, 61.0, 0.0]),
        ] {
            assert_eq!(all.numbers(all.read(cell).unwrap()), parts, "{cell}");
        }
        let round = dates(Order::Ymd, &[Year, Month], true);
        let [year, sine, cosine] = round.numbers(round.read("2024-04-01").unwrap())[..] else { panic!() };
        assert!(year == 2024.0 && sine == 1.0 && cosine.abs() < 1e-15);
        assert_eq!((round.width(), round.names().join(", ")), (3, "year, sin month, cos month".into()));
    }

    #[test]
    fn the_order_is_said_and_what_is_no_date_is_none() {
        let read = |order, cell: &str| dates(order, &[DatePart::Days], false).read(cell);
        assert_eq!(read(Order::Dmy, "01.03.2024"), Some(19783.0));
        assert_eq!(read(Order::Mdy, "03/01/2024 6:00"), Some(19783.25));
        assert_eq!(read(Order::Dmy, "2024-03-01"), Some(19783.0));
        assert_eq!(read(Order::Dmy, "2024-3-1"), Some(19783.0));
        assert_eq!(read(Order::Dmy, "01032024"), Some(19783.0));
        for cell in
            ["", "2024", "2024-02-30", "2023-02-29", "2024-13-01", "01.03.2024", "a-b-c", "2024-1-1 25:00"]
        {
            assert_eq!(read(Order::Ymd, cell), None, "{cell}");
        }
    }
}
