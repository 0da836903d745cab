//! Numbers as files store them: the width and kind of an element, and the order of its bytes.

/// How a number is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element {
    Bool,
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    U64,
    I64,
    F32,
    F64,
}

impl Element {
    pub fn bytes(self) -> usize {
        match self {
            Element::Bool | Element::U8 | Element::I8 => 1,
            Element::U16 | Element::I16 => 2,
            Element::U32 | Element::I32 | Element::F32 => 4,
            Element::U64 | Element::I64 | Element::F64 => 8,
        }
    }

    /// Whether 32 bits of floating point hold every such number.
    pub fn is_short(self) -> bool {
        matches!(self, Element::I8 | Element::U16 | Element::I16 | Element::F32)
    }

    /// Whether such numbers are bytes to native code too.
    pub fn is_byte(self) -> bool {
        matches!(self, Element::Bool | Element::U8)
    }
}

/// How the numbers of a file are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coding {
    pub element: Element,
    pub big_endian: bool,
}

impl Coding {
    /// Single bytes.
    pub const BYTES: Coding = Coding { element: Element::U8, big_endian: false };

    /// The numbers in stored bytes, widened; whole numbers beyond 2^53 are rounded.
    pub fn numbers<'a>(self, bytes: &'a [u8]) -> impl Iterator<Item = f64> + use<'a> {
        let Self { element, big_endian } = self;
        bytes.chunks_exact(element.bytes()).map(move |bytes| number(element, &in_order(bytes, big_endian)))
    }

    /// Whole numbers of 64 bits in stored bytes, exactly; none of other elements.
    pub fn whole<'a>(self, bytes: &'a [u8]) -> impl Iterator<Item = Option<i128>> + use<'a> {
        let Self { element, big_endian } = self;
        bytes.chunks_exact(element.bytes()).map(move |bytes| {
            let bytes = in_order(bytes, big_endian);
            match element {
                Element::U64 => Some(u64::from_le_bytes(bytes).into()),
                Element::I64 => Some(i64::from_le_bytes(bytes).into()),
                _ => None,
            }
        })
    }
}

/// A number's bytes from the lowest on, filled up with zeros.
fn in_order(bytes: &[u8], big_endian: bool) -> [u8; 8] {
    let mut ordered = [0; 8];
    ordered[..bytes.len()].copy_from_slice(bytes);
    if big_endian {
        ordered[..bytes.len()].reverse();
    }
    ordered
}

fn number(element: Element, ordered: &[u8; 8]) -> f64 {
    let [a, b, c, d, ..] = *ordered;
    match element {
        Element::Bool => f64::from(u8::from(a != 0)),
        Element::U8 => a.into(),
        Element::I8 => a.cast_signed().into(),
        Element::U16 => u16::from_le_bytes([a, b]).into(),
        Element::I16 => i16::from_le_bytes([a, b]).into(),
        Element::U32 => u32::from_le_bytes([a, b, c, d]).into(),
        Element::I32 => i32::from_le_bytes([a, b, c, d]).into(),
        Element::F32 => f32::from_le_bytes([a, b, c, d]).into(),
        Element::U64 => u64::from_le_bytes(*ordered) as f64,
        Element::I64 => i64::from_le_bytes(*ordered) as f64,
        Element::F64 => f64::from_le_bytes(*ordered),
    }
}
