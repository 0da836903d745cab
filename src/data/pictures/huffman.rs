//! Codes of different lengths, as jpgs have them: read one after another, and what they stand for.

/// Codes of so many bits are looked up at once.
const QUICK: u32 = 9;

/// What each code stands for; codes of one length follow one another, and longer ones follow shorter ones.
pub(super) struct Table {
    /// By the next bits: the length of the code that they begin with, 0 for a longer one, and its symbol.
    quick: Vec<(u8, u8)>,
    /// Of each length from 1 on: the code behind the last one, and how far a code is from the number of its symbol.
    ends: [(u32, i32); 16],
    symbols: Vec<u8>,
}

impl Table {
    /// Of the numbers of codes of each length, and what they stand for in order. None if there are more than bits can tell apart.
    pub fn new(counts: &[u8; 16], symbols: &[u8]) -> Option<Self> {
        let mut quick = vec![(0, 0); 1 << QUICK];
        let mut ends = [(0, 0); 16];
        let (mut code, mut number) = (0_u32, 0_usize);
        for (length, count) in (1_u32..).zip(counts) {
            let first = code;
            for symbol in symbols.get(number..number + usize::from(*count))? {
                if length <= QUICK {
                    let start = (code as usize) << (QUICK - length);
                    let own = quick.get_mut(start..start + (1 << (QUICK - length)))?;
                    own.fill((length as u8, *symbol));
                }
                code += 1;
            }
            (code <= 1 << length).then_some(())?;
            ends[length as usize - 1] = (code, number as i32 - first as i32);
            number += usize::from(*count);
            code <<= 1;
        }
        Some(Self { quick, ends, symbols: symbols.to_vec() })
    }
}

/// The bits between two marks of a jpg.
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    /// Of the next byte that is not held.
    at: usize,
    /// The next bits, the first of them the highest.
    held: u64,
    count: u32,
}

impl<'a> Bits<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, held: 0, count: 0 }
    }

    /// Where the next byte is that is not held.
    pub fn at(&self) -> usize {
        self.at
    }

    /// Holds as many bits as there is room for, up to the next mark.
    fn fill(&mut self) {
        while self.count <= 56 {
            let byte = match self.bytes.get(self.at..) {
                // A byte of ones is followed by one of zeros where it is no mark.
                Some([0xff, 0, ..]) => {
                    self.at += 2;
                    0xff
                }
                Some([0xff, ..] | []) | None => return,
                Some([byte, ..]) => {
                    self.at += 1;
                    *byte
                }
            };
            self.held |= u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
    }

    /// Passes over so many bits, at most 16; None where there are not so many.
    pub fn skip(&mut self, bits: u32) -> Option<()> {
        if self.count < bits {
            self.fill();
        }
        self.count = self.count.checked_sub(bits)?;
        self.held <<= bits;
        Some(())
    }

    /// What the next code stands for; None where the bits end, or are no code.
    pub fn symbol(&mut self, table: &Table) -> Option<u8> {
        if self.count < 16 {
            self.fill();
        }
        let (length, symbol) = table.quick[(self.held >> (64 - QUICK)) as usize];
        if length > 0 {
            self.skip(u32::from(length))?;
            return Some(symbol);
        }
        for length in QUICK + 1..=16 {
            let code = (self.held >> (64 - length)) as u32;
            let (end, offset) = table.ends[length as usize - 1];
            if code < end {
                self.skip(length)?;
                return table.symbols.get((code as i32 + offset) as usize).copied();
            }
        }
        None
    }

    /// Goes on behind a mark at which decoding may begin anew; whether there is one.
    pub fn restart(&mut self) -> bool {
        (self.held, self.count) = (0, 0);
        match self.bytes.get(self.at..) {
            Some([0xff, 0xd0..=0xd7, ..]) => {
                self.at += 2;
                true
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_up_to_a_mark() {
        // 0, 10, 110, and 1111111110 of ten bits.
        let mut counts = [0_u8; 16];
        (counts[0], counts[1], counts[2], counts[9]) = (1, 1, 1, 1);
        // Codes of ten bits begin behind 111 of three.
        let table = Table::new(&counts, &[7, 8, 9, 5]).unwrap();
        // 0 10 110 0 | 1110000000 of ten bits, 0, and ones.
        let bytes = [0b0101_1001, 0b1100_0000, 0b0011_1111, 0xff, 0xd0, 0b0000_0000];
        let mut bits = Bits::new(&bytes);
        let read: Vec<Option<u8>> = (0..5).map(|_| bits.symbol(&table)).collect();
        assert_eq!(read, [Some(7), Some(8), Some(9), Some(7), Some(5)]);
        assert_eq!(bits.symbol(&table), Some(7));
        assert_eq!(bits.symbol(&table), None);
        assert!(bits.restart() && bits.symbol(&table) == Some(7) && !bits.restart());
        // Too many codes of one bit.
        counts[0] = 3;
        assert!(Table::new(&counts, &[0; 6]).is_none());
    }
}
