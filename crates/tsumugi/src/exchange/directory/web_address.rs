//! Web addresses as people type them into registers.

use super::text::{one_width, prose};

/// A web address that can be shown as a link, or empty: full-width letters are repaired, everything doubtful dropped.
pub(super) fn url(text: &str) -> String {
    let url = one_width(text);
    if is_web_address(&url) { url } else { String::new() }
}

fn is_web_address(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else {
        return false;
    };
    if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
        return false;
    }
    let harmful = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | '\\' | '`');
    if url.len() > 2_048 || rest.contains(harmful) || prose(rest).is_err() {
        return false;
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    // A name before an @ is how a link pretends to lead somewhere else.
    let (host, port) = authority.split_once(':').unwrap_or((authority, "80"));
    let labels: Vec<&str> = host.trim_end_matches('.').split('.').collect();
    let label_is_good = |label: &&str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    let ends_in_letters = labels.last().is_some_and(|last| !last.bytes().all(|byte| byte.is_ascii_digit()));
    labels.len() >= 2 && labels.iter().all(label_is_good) && ends_in_letters && port.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::url;

    #[test]
    fn a_web_address_is_repaired_or_dropped() {
        assert_eq!(url("https://www.peace-care.ｗebsite/"), "https://www.peace-care.website/");
        assert_eq!(url("ｈｔｔｐ：／／example.jp／a"), "http://example.jp/a");
        assert_eq!(url("http://日本語.jp:8080/?q=1"), "http://日本語.jp:8080/?q=1");
        let long = format!("http://example.jp/{}", "a".repeat(2_048));
        for text in [
            long.as_str(),
            "www.example.jp",
            "なし",
            "http://",
            "http:// example.jp",
            "javascript:alert(1)//http://example.jp",
            "ftp://example.jp",
            "http://localhost/",
            "http://10.0.0.1/",
            "http://example..jp",
            "http://-example.jp",
            "http://example.jp:port/",
            "http://bank.jp@example.jp/",
            "http://example.jp/\" onclick=",
            "http://example.jp/\u{202E}",
        ] {
            assert_eq!(url(text), "", "{text}");
        }
    }
}
