//! Inputs made from others: the changes a fuzzer makes, in an order that a seed fixes.

use std::fs;
use std::path::Path;

use tongyao::base::random::{Random, Seeded};

const LONGEST: usize = 4096;

pub struct Mutator<'i> {
    random: Seeded,
    known: &'i [Vec<u8>],
    dictionary: &'i [Vec<u8>],
}

impl<'i> Mutator<'i> {
    /// Each target has a stream of its own, named after it.
    pub fn new(name: &str, known: &'i [Vec<u8>], dictionary: &'i [Vec<u8>]) -> Self {
        let seed = name.bytes().fold(0, |seed: u64, byte| seed.wrapping_mul(257).wrapping_add(byte.into()));
        Self { random: Seeded::new(seed), known, dictionary }
    }

    /// One known input with one to four changes.
    pub fn next(&mut self) -> Vec<u8> {
        let mut input = self.one_of(self.known).to_vec();
        for _ in 0..=self.below(4) {
            self.change(&mut input);
        }
        input.truncate(LONGEST);
        input
    }

    fn change(&mut self, input: &mut Vec<u8>) {
        let at = self.below(input.len() + 1);
        let end = (at + self.below(16)).min(input.len());
        match self.below(7) {
            0 => drop(input.drain(at..end)),
            1 => drop(input.splice(at..at, std::iter::repeat_n(b'A', 1 + end - at)).collect::<Vec<_>>()),
            2 => {
                let piece = input[at..end].to_vec();
                input.splice(at..at, piece);
            }
            3 => {
                let word = self.one_of(self.dictionary).to_vec();
                input.splice(at..at, word);
            }
            4 => {
                let word = self.one_of(self.dictionary).to_vec();
                input.splice(at..end, word);
            }
            5 => {
                let other = self.one_of(self.known);
                let from = self.below(other.len() + 1);
                input.splice(at.., other[from..].to_vec());
            }
            _ => {
                if let Some(byte) = input.get_mut(at) {
                    *byte ^= 1 << self.below(8);
                }
            }
        }
    }

    fn one_of(&self, list: &'i [Vec<u8>]) -> &'i [u8] {
        if list.is_empty() { &[] } else { &list[self.below(list.len())] }
    }

    fn below(&self, bound: usize) -> usize {
        let mut bytes = [0; 4];
        self.random.fill(&mut bytes);
        usize::try_from(u32::from_le_bytes(bytes)).unwrap() % bound
    }
}

/// The words of a libFuzzer dictionary: `"…"` a line, with `\"`, `\\` and `\xNN`.
pub fn dictionary(path: &Path) -> Vec<Vec<u8>> {
    let text = fs::read_to_string(path).unwrap();
    let word = |line: &str| line.trim().strip_prefix('"')?.strip_suffix('"').map(unescaped);
    text.lines().filter_map(word).collect()
}

fn unescaped(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = match (first, after) {
            (b'\\', [b'x', high, low, tail @ ..]) => {
                let digits = [*high, *low];
                bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap());
                tail
            }
            (b'\\', [escaped, tail @ ..]) => {
                bytes.push(*escaped);
                tail
            }
            (plain, tail) => {
                bytes.push(*plain);
                tail
            }
        };
    }
    bytes
}
