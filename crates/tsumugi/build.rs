//! Takes the browser's parts from npm by the committed lockfile and embeds exactly the named files, with a hash in their name.

use flate2::{Compression, write::GzEncoder};
use sha2::{Digest, Sha256};
use std::{
    env, fs,
    io::Write,
    path::{Path, PathBuf},
    process::Command,
};

/// Where a file comes from, and the name under `/assets/`.
const FROM_NPM: &[(&str, &str)] = &[("htmx.org/dist/htmx.min.js", "htmx.min.js")];
/// The colours and sizes of the design system; only those that our styles name go to the browser.
const TOKENS: &str = "@digital-go-jp/design-tokens/dist/tokens.css";
const OWN: &[&str] = &["tsumugi.js", "passkey.js", "icon.svg"];
/// One style sheet for the browser, in files of a readable length, in this order.
const STYLES: &[&str] = &["1-frame.css", "2-content.css", "3-forms.css", "4-adapt.css"];
const LICENCES: &[(&str, &str)] =
    &[("htmx.org/LICENSE", "htmx"), ("@digital-go-jp/design-tokens/LICENSE", "デジタル庁 デザイントークン")];

fn main() {
    println!("cargo::rerun-if-changed=web");
    println!("cargo::rerun-if-changed=migrations");
    println!("cargo::rerun-if-env-changed=TSUMUGI_WEB_ASSETS");
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo sets OUT_DIR"));
    let modules = node_modules(&out.join("web"));
    let mut code = String::from("pub const ASSETS: &[Asset] = &[\n");
    for (from, name) in FROM_NPM {
        code += &asset(&out, &modules.join(from), name);
    }
    // A target folder that another clone has used names the files of that clone.
    println!("cargo::rerun-if-env-changed=CARGO_MANIFEST_DIR");
    let here = PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR"));
    let styles: String = STYLES.iter().map(|name| text(&here.join("web/css").join(name))).collect();
    let named = out.join("tokens.css");
    fs::write(&named, tokens(&text(&modules.join(TOKENS)), &styles)).expect("OUT_DIR is writable");
    code += &asset(&out, &named, "tokens.css");
    let sheet = out.join("app.css");
    fs::write(&sheet, styles).expect("OUT_DIR is writable");
    code += &asset(&out, &sheet, "app.css");
    for name in OWN {
        code += &asset(&out, &here.join("web").join(name), name);
    }
    code += "];\npub const LICENCES: &[(&str, &str)] = &[\n";
    for (from, title) in LICENCES {
        code += &format!("({title:?}, include_str!({:?})),\n", modules.join(from));
    }
    code += "];\n";
    fs::write(out.join("assets.rs"), code).expect("OUT_DIR is writable");
    fs::write(out.join("migrations.rs"), migrations(&here.join("migrations"))).expect("OUT_DIR is writable");
}

fn node_modules(out: &Path) -> PathBuf {
    if let Ok(dir) = env::var("TSUMUGI_WEB_ASSETS") {
        return PathBuf::from(dir);
    }
    fs::create_dir_all(out).expect("OUT_DIR is writable");
    for file in ["package.json", "package-lock.json"] {
        fs::copy(Path::new("web").join(file), out.join(file))
            .expect("web/package.json and its lockfile are in the project");
    }
    let status = Command::new("npm")
        .args(["ci", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund", "--loglevel=error"])
        .current_dir(out)
        .status();
    match status {
        Ok(s) if s.success() => out.join("node_modules"),
        other => panic!(
            "画面の部品を取り込めません。Node.js と npm を入れるか、取得済みの node_modules を TSUMUGI_WEB_ASSETS で指定してください（{other:?}）"
        ),
    }
}

/// The tokens that the styles name, and those that these name in turn.
fn tokens(all: &str, styles: &str) -> String {
    let lines: Vec<(&str, &str)> =
        all.lines().filter_map(|l| l.trim().split_once(':')).filter(|(n, _)| n.starts_with("--")).collect();
    let mut wanted = styles.to_owned();
    let mut kept = vec![false; lines.len()];
    loop {
        let before = wanted.len();
        for (i, (name, value)) in lines.iter().enumerate() {
            if !kept[i] && wanted.contains(&format!("var({name})")) {
                kept[i] = true;
                wanted += value;
            }
        }
        if wanted.len() == before {
            break;
        }
    }
    let kept = lines.iter().zip(kept).filter(|(_, kept)| *kept);
    format!(":root {{\n{}}}\n", kept.map(|((name, value), _)| format!("{name}:{value}\n")).collect::<String>())
}

fn text(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()))
}

fn asset(out: &Path, file: &Path, name: &str) -> String {
    let bytes = fs::read(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let hash: String = Sha256::digest(&bytes).iter().take(6).map(|b| format!("{b:02x}")).collect();
    let (stem, ending) = name.split_once('.').expect("an asset has an ending");
    // Compressed once here, as well as can be, instead of quickly at every request.
    let small = out.join(format!("{name}.gz"));
    let mut gz = GzEncoder::new(fs::File::create(&small).expect("OUT_DIR is writable"), Compression::best());
    gz.write_all(&bytes).and_then(|()| gz.finish().map(drop)).expect("OUT_DIR is writable");
    format!(
        "Asset {{ name: {name:?}, url: \"/assets/{stem}-{hash}.{ending}\", bytes: include_bytes!({file:?}), gzip: include_bytes!({small:?}) }},\n"
    )
}

/// `NNNN_name.sql` for both engines, or a pair `NNNN_name.sqlite.sql` and `NNNN_name.postgres.sql` where they must differ.
fn migrations(dir: &Path) -> String {
    let mut names: Vec<String> = fs::read_dir(dir)
        .expect("migrations are in the project")
        .filter_map(|f| f.ok()?.file_name().into_string().ok())
        .filter_map(|f| {
            f.strip_suffix(".sql").map(|f| f.trim_end_matches(".sqlite").trim_end_matches(".postgres").to_owned())
        })
        .collect();
    names.sort();
    names.dedup();
    let mut code = String::from("pub const MIGRATIONS: &[Migration] = &[\n");
    for name in names {
        let (version, title) = name.split_once('_').expect("a migration is named NNNN_name");
        let version: i64 = version.parse().expect("a migration begins with its number");
        let file = |engine: &str| {
            let own = dir.join(format!("{name}.{engine}.sql"));
            if own.exists() { own } else { dir.join(format!("{name}.sql")) }
        };
        code += &format!(
            "Migration {{ version: {version}, name: {title:?}, sqlite: include_str!({:?}), postgres: include_str!({:?}) }},\n",
            file("sqlite"),
            file("postgres")
        );
    }
    code + "];\n"
}
