//! Takes the font of the papers from npm by the committed lockfile and embeds exactly the named files.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

const FONTS: &[&str] = &[
    "@expo-google-fonts/noto-sans-jp/400Regular/NotoSansJP_400Regular.ttf",
    "@expo-google-fonts/noto-sans-jp/700Bold/NotoSansJP_700Bold.ttf",
];
const LICENCE: &str = "@expo-google-fonts/noto-sans-jp/LICENSE_FONT";

fn main() {
    println!("cargo::rerun-if-changed=fonts");
    println!("cargo::rerun-if-env-changed=TSUMUGI_PAPER_FONTS");
    println!("cargo::rerun-if-env-changed=CARGO_MANIFEST_DIR");
    // Cargo asks again by itself when its features change.
    if env::var_os("CARGO_FEATURE_PDF").is_none() {
        return;
    }
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo sets OUT_DIR"));
    let modules = node_modules(&out.join("fonts"));
    let mut code = String::from("const FONTS: &[&[u8]] = &[\n");
    for name in FONTS {
        code += &format!("include_bytes!({:?}),\n", modules.join(name));
    }
    code += &format!(
        "];\n/// The licence of the embedded font.\npub const FONT_LICENCE: &str = include_str!({:?});\n",
        modules.join(LICENCE)
    );
    fs::write(out.join("fonts.rs"), code).expect("OUT_DIR is writable");
}

fn node_modules(out: &Path) -> PathBuf {
    if let Ok(dir) = env::var("TSUMUGI_PAPER_FONTS") {
        return PathBuf::from(dir);
    }
    fs::create_dir_all(out).expect("OUT_DIR is writable");
    for file in ["package.json", "package-lock.json"] {
        fs::copy(Path::new("fonts").join(file), out.join(file))
            .expect("fonts/package.json and its lockfile are in the project");
    }
    let status = Command::new("npm")
        .args(["ci", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund", "--loglevel=error"])
        .current_dir(out)
        .status();
    match status {
        Ok(s) if s.success() => out.join("node_modules"),
        other => panic!(
            "書類の書体を取り込めません。Node.js と npm を入れるか、取得済みの node_modules を TSUMUGI_PAPER_FONTS で指定してください（{other:?}）"
        ),
    }
}
