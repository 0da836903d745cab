//! Numbers that are written in another way than the language's: with a decimal comma, a per cent sign, grouped digits, a currency.

/// How a number was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Notation {
    /// `0,5`
    DecimalComma,
    /// `1,234.5` or `1 234`
    Groups,
    /// `5%`
    Percent,
    /// `$5`
    Currency,
    /// A minus sign that is not the keyboard's.
    Minus,
}

impl Notation {
    /// What is unusual about a cell that stands for a number; `None` for plain numbers and for words.
    pub fn of(cell: &str) -> Option<Self> {
        if plain(cell) {
            return None;
        }
        if let Some(rest) = cell.strip_prefix(['\u{2212}', '\u{2013}']) {
            return is_numeric(rest).then_some(Self::Minus);
        }
        if let Some(rest) = cell.strip_suffix('%') {
            return is_numeric(rest).then_some(Self::Percent);
        }
        let unsigned = cell.strip_prefix(['-', '+']).unwrap_or(cell);
        if let Some(rest) = without_currency(unsigned) {
            return is_numeric(rest).then_some(Self::Currency);
        }
        if is_grouped(unsigned) {
            return Some(Self::Groups);
        }
        has_decimal_comma(unsigned).then_some(Self::DecimalComma)
    }

    /// What the column holds, for a message.
    pub fn name(self) -> &'static str {
        match self {
            Self::DecimalComma => "numbers with a decimal comma",
            Self::Groups => "numbers whose digits are grouped",
            Self::Percent => "percentages",
            Self::Currency => "amounts with a currency",
            Self::Minus => "numbers with a minus sign that is not `-`",
        }
    }

    /// How a whole column of it is to be read.
    pub fn fix(self) -> &'static str {
        match self {
            Self::DecimalComma => "write `decimal=comma` on the source",
            Self::Groups => {
                "write `thousands=comma` on the source, or `point`, `space`, `apostrophe` as it is"
            }
            _ => self.fix_cell(),
        }
    }

    /// How a single cell is to be written.
    pub fn fix_cell(self) -> &'static str {
        match self {
            Self::DecimalComma => "write a decimal point: `0.5` for `0,5`",
            Self::Groups => "write the digits without separators: `1234.5` for `1,234.5`",
            Self::Percent => "write the numbers without the sign: `5` for `5%`",
            Self::Currency => "write the numbers without the currency: `5` for `$5`",
            Self::Minus => "write `-`, the hyphen of the keyboard",
        }
    }
}

/// Notations of several cells. One that groups its digits can be one with a decimal comma too, `1,288`: another cell tells.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Notations {
    first: Option<Notation>,
    has_decimal_comma: bool,
}

impl Notations {
    pub fn add(&mut self, notation: Notation) {
        self.first.get_or_insert(notation);
        self.has_decimal_comma |= notation == Notation::DecimalComma;
    }

    pub fn judged(self) -> Option<Notation> {
        match self.first {
            Some(Notation::Groups) if self.has_decimal_comma => Some(Notation::DecimalComma),
            first => first,
        }
    }

    /// How words are written that are all numbers; `None` if one is not, or all are plain.
    pub fn of(words: &[String]) -> Option<Notation> {
        let mut seen = Self::default();
        for word in words {
            match Notation::of(word) {
                Some(notation) => seen.add(notation),
                None if plain(word) => {}
                None => return None,
            }
        }
        seen.judged()
    }
}

/// What stands beside the sign of a currency, or its code.
fn without_currency(text: &str) -> Option<&str> {
    const SIGNS: [char; 4] = ['$', '\u{20ac}', '\u{a3}', '\u{a5}'];
    const CODES: [&str; 12] =
        ["EUR", "USD", "GBP", "JPY", "CNY", "CHF", "SEK", "NOK", "DKK", "PLN", "CZK", "INR"];
    let sign = text.strip_prefix(SIGNS).or_else(|| text.strip_suffix(SIGNS));
    sign.or_else(|| CODES.iter().find_map(|code| text.strip_prefix(code).or_else(|| text.strip_suffix(code))))
}

fn plain(text: &str) -> bool {
    text.parse::<f64>().is_ok()
}

fn is_numeric(text: &str) -> bool {
    let text = text.trim();
    plain(text) || is_grouped(text) || has_decimal_comma(text)
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Three digits a group, with a fraction perhaps; `1,234` alone counts, as no decimal has to have three places.
fn is_grouped(text: &str) -> bool {
    [
        (',', '.'),
        ('.', ','),
        (' ', '.'),
        (' ', ','),
        ('\u{a0}', ','),
        ('\u{202f}', ','),
        ('\'', '.'),
        ('_', '.'),
    ]
    .into_iter()
    .any(|(separator, point)| {
        let (whole, fraction) = text.split_once(point).unwrap_or((text, "0"));
        let mut groups = whole.split(separator);
        let first = groups.next().unwrap_or_default();
        let mut others = groups.peekable();
        // One group behind a leading zero is a decimal: `0,125`.
        digits(first)
            && first.len() <= 3
            && first != "0"
            && others.peek().is_some()
            && others.all(|group| digits(group) && group.len() == 3)
            && digits(fraction)
    })
}

fn has_decimal_comma(text: &str) -> bool {
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    text.split_once(',').is_some_and(|(whole, fraction)| {
        (whole.is_empty() || digits(whole)) && plain(&format!("0.{fraction}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_other_notations_are_told_from_words() {
        for (text, notation) in [
            ("0,5", Some(Notation::DecimalComma)),
            ("-12,25", Some(Notation::DecimalComma)),
            ("0,125", Some(Notation::DecimalComma)),
            ("1,5e3", Some(Notation::DecimalComma)),
            ("1,234.5", Some(Notation::Groups)),
            ("-1,234", Some(Notation::Groups)),
            ("1.234.567,8", Some(Notation::Groups)),
            ("1 234", Some(Notation::Groups)),
            ("5%", Some(Notation::Percent)),
            ("5,5 %", Some(Notation::Percent)),
            ("$1,200", Some(Notation::Currency)),
            ("-5 \u{20ac}", Some(Notation::Currency)),
            ("12.3 EUR", Some(Notation::Currency)),
            ("-USD 1,200", Some(Notation::Currency)),
            ("EURO", None),
            ("\u{2212}5", Some(Notation::Minus)),
            ("0.5", None),
            ("-1e3", None),
            ("a,b", None),
            ("1,2,3", None),
            ("%", None),
            ("", None),
            ("-", None),
            ("12:30", None),
            ("2020-01-02", None),
        ] {
            assert_eq!(Notation::of(text), notation, "{text}");
        }
    }

    #[test]
    fn three_places_are_told_from_groups_by_the_other_cells() {
        let judged = |words: &[&str]| Notations::of(&words.iter().map(|w| w.to_string()).collect::<Vec<_>>());
        assert_eq!(judged(&["1,288", "1,449", "0,066"]), Some(Notation::DecimalComma));
        assert_eq!(judged(&["1,288", "1,449", "12"]), Some(Notation::Groups));
        assert_eq!(judged(&["1,288", "12,5"]), Some(Notation::DecimalComma));
        assert_eq!(judged(&["5%", "7%"]), Some(Notation::Percent));
        assert_eq!((judged(&["5%", "many"]), judged(&["5", "7"])), (None, None));
    }
}
