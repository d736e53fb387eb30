//! `tsumugi keys rotate` is killed in its middle, again and again, while people write; then it is let go to its end. Every page
//! opens, nothing was refused, and no old key is left.

use super::{
    SEED,
    clients::{Crowd, locked},
};
use crate::{
    bench::{
        http::Wire,
        place::Place,
        product::{self, Product},
        random::Random,
    },
    command::{self, Outcome},
};
use std::{path::Path, process::Stdio, time::Duration};

const WRITERS: usize = 4;
/// Pages that are opened afterwards.
const PAGES: usize = 100;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rotations {
    pub kills: usize,
    /// Rotations that had ended before they were killed.
    pub ended: usize,
    pub acknowledged: usize,
    pub refused: usize,
    pub pages: usize,
    pub shut: usize,
    pub old_keys: i64,
}

pub fn run(program: &Path, folder: &Path, kills: usize) -> Outcome<Rotations> {
    let (place, log) = (Place::Sqlite(folder.join("keys-data")), folder.join("keys.log"));
    product::fill(program, &place, 300, &log)?;
    let before = place.texts("SELECT lower(hex(id)) FROM master_key")?;
    let product = Product::start(program, &place, &log)?;
    let crowd = Crowd::new()?;
    let desk = crowd.sit_down(product.address)?;
    let clients = crowd.begin(&desk, WRITERS, SEED, 300);
    let mut told = Rotations { kills, ..Rotations::default() };
    let mut random = Random::new(SEED, 299);
    let rotate = || {
        let mut rotate = command::command(&program.to_string_lossy());
        rotate.args(["keys", "rotate"]).args(place.options()).stdout(Stdio::null()).stderr(Stdio::null());
        rotate
    };
    for _ in 0..kills {
        let mut child = rotate().spawn().map_err(|error| format!("The rotation did not start: {error}."))?;
        std::thread::sleep(Duration::from_millis(random.below(120) as u64));
        if matches!(child.try_wait(), Ok(Some(_))) {
            told.ended += 1;
        }
        let _ = child.kill();
        let _ = child.wait();
    }
    command::succeed(rotate(), "The rotation did not come to its end.")?;
    crowd.runtime.block_on(async {
        let mut wire = Wire::open(desk.address).await?;
        for case in desk.cases.iter().take(PAGES) {
            told.pages += 1;
            let page = wire.get(&format!("/cases/{case}"), &desk.cookie).await?;
            told.shut += usize::from(page.status != 200);
        }
        Ok::<_, String>(())
    })?;
    product.kill()?;
    crowd.wait(clients)?;
    let after = place.texts("SELECT lower(hex(id)) FROM master_key")?;
    told.old_keys = i64::try_from(after.iter().filter(|id| before.contains(id)).count()).unwrap_or(i64::MAX);
    let ledger = locked(&crowd.ledger);
    (told.acknowledged, told.refused) = (ledger.acknowledged.len(), ledger.refused);
    if told.shut > 0 || told.old_keys > 0 || told.refused > 0 || told.acknowledged == 0 || told.ended == kills {
        return Err(format!("Keys were replaced with harm, or nothing was shown: {told:?}"));
    }
    Ok(told)
}

pub fn table(r: &Rotations) -> String {
    format!(
        "| Rotation of keys | Kills | Ended before the kill | Acknowledged meanwhile | Refused | Pages opened after it | That did not open | Old keys left |\n|---|--:|--:|--:|--:|--:|--:|--:|\n| SQLite | {} | {} | {} | {} | {} | {} | {} |\n",
        r.kills, r.ended, r.acknowledged, r.refused, r.pages, r.shut, r.old_keys
    )
}
