//! The address of a row, however its columns are filled.

use super::RowError;
use super::cells::Cells;
use super::columns::Slot;
use super::place::{Place, place_of};

impl Cells<'_> {
    /// The municipality and the whole address, or nothing if it lies elsewhere.
    pub(super) fn address(&self) -> Result<Option<(&'static str, String)>, RowError> {
        let whole = self.line(Slot::Address)?;
        let head = run_on(&[self.line(Slot::Prefecture)?, self.line(Slot::Municipality)?]);
        let street = run_on(&[self.line(Slot::Quarter)?, self.line(Slot::Block)?]);
        let parts = run_on(&[head.clone(), street.clone()]);
        // 所在地_連結表記 is meant to be whole; where it begins with the street, the parts know what comes before.
        let address = match (place_of(&whole), place_of(&parts)) {
            (Place::Unsaid, Place::Inside(_) | Place::Outside) if street.is_empty() => run_on(&[head, whole]),
            (Place::Unsaid, _) if !parts.is_empty() => parts,
            _ => whole,
        };
        match place_of(&address) {
            Place::Outside => Ok(None),
            Place::Inside(municipality) => {
                let building = self.line(Slot::Building)?;
                let address = if building.is_empty() || address.ends_with(&building) {
                    address
                } else {
                    format!("{address}\u{3000}{building}")
                };
                Ok(Some((municipality, address)))
            }
            Place::Unsaid => {
                let slot =
                    [Slot::Address, Slot::Municipality].into_iter().find(|slot| self.heading.index(*slot).is_some());
                let reason =
                    "住所から市区町村が分かりません。「横須賀市」のように市区町村名から書かれた住所が必要です。";
                Err(self.error(slot.unwrap_or(Slot::Address), reason))
            }
        }
    }
}

/// Puts the parts of an address one behind the other; a part that already begins with all that comes before it (the
/// whole address in 所在地_市区町村) stands for both.
fn run_on(parts: &[String]) -> String {
    parts.iter().fold(String::new(), |whole, part| if part.starts_with(&whole) { part.clone() } else { whole + part })
}

#[cfg(test)]
mod tests {
    use super::run_on;

    #[test]
    fn a_part_that_holds_the_whole_address_is_not_written_twice() {
        let run_on = |parts: &[&str]| run_on(&parts.iter().map(|part| (*part).to_owned()).collect::<Vec<_>>());
        assert_eq!(run_on(&["神奈川県", "鎌倉市"]), "神奈川県鎌倉市");
        assert_eq!(run_on(&["神奈川県", "神奈川県鎌倉市小町1-1"]), "神奈川県鎌倉市小町1-1");
        assert_eq!(run_on(&["", "鎌倉市"]), "鎌倉市");
        assert_eq!(run_on(&["小町1", "1"]), "小町11");
    }
}
