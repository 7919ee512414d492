//! Keys as bytes whose order is the order of the values.
//!
//! Numbers are big-endian; a text ends in a zero byte, so that no text's key is a prefix of another's
//! except where a shorter key is meant as a prefix. Texts with a zero byte inside are cut there.

/// A value that can be a table's key.
pub trait Key: Sized {
    /// Appends the key's bytes.
    fn write(&self, out: &mut Vec<u8>);
    /// Reads the key from exactly these bytes.
    fn read(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes;
        let key = Self::take(&mut rest)?;
        rest.is_empty().then_some(key)
    }
    /// Reads the key from the front of `bytes`, and leaves the rest.
    fn take(bytes: &mut &[u8]) -> Option<Self>;
}

impl Key for () {
    fn write(&self, _: &mut Vec<u8>) {}
    fn take(_: &mut &[u8]) -> Option<Self> {
        Some(())
    }
}

macro_rules! number {
    ($($number:ty),*) => {$(
        impl Key for $number {
            fn write(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_be_bytes());
            }
            fn take(bytes: &mut &[u8]) -> Option<Self> {
                let (head, rest) = bytes.split_first_chunk()?;
                *bytes = rest;
                Some(Self::from_be_bytes(*head))
            }
        }
    )*};
}
number!(u32, u64);

impl Key for String {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend(self.bytes().take_while(|byte| *byte != 0));
        out.push(0);
    }
    fn take(bytes: &mut &[u8]) -> Option<Self> {
        let end = bytes.iter().position(|byte| *byte == 0)?;
        let (text, rest) = bytes.split_at(end);
        *bytes = rest.get(1..)?;
        String::from_utf8(text.to_vec()).ok()
    }
}

impl<A: Key, B: Key> Key for (A, B) {
    fn write(&self, out: &mut Vec<u8>) {
        self.0.write(out);
        self.1.write(out);
    }
    fn take(bytes: &mut &[u8]) -> Option<Self> {
        Some((A::take(bytes)?, B::take(bytes)?))
    }
}
