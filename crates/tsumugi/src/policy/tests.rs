use super::*;

/// A change of policy is a change of this file, which an officer can read and sign.
#[test]
fn the_policy_matrix_is_the_signed_one() {
    let mut text = String::from("ケースについての行為（関係ごと）\n");
    for (code, label, allows) in CASE_ACTS {
        let who: Vec<_> = Relation::ALL.iter().filter(|&&r| allows(r)).map(|r| r.label()).collect();
        text += &format!("{code}\t{label}\t{}\n", who.join("、"));
    }
    text += "\nそのほかの行為（役割ごと）\n";
    for (code, label, allows) in ROLE_ACTS {
        let who: Vec<_> = Role::ALL.iter().filter(|&&r| allows(r)).map(|r| r.label()).collect();
        text += &format!("{code}\t{label}\t{}\n", who.join("、"));
    }
    text += "\n情報の区分（関係ごと。役割がコーディネーターの「チームの一員」は、すべて）\n";
    for category in Category::ALL {
        let whole: Vec<_> = Relation::ALL.iter().filter(|&&r| shown::carries(r)).map(|r| r.label()).collect();
        let by_consent: Vec<_> =
            Relation::ALL.iter().filter(|&&r| shown::rests_on_consent(r)).map(|r| r.label()).collect();
        let how = match category {
            Category::Identity => "同意がなくなるまで",
            Category::Family => "同意の範囲にあり、保健師・看護師・相談支援専門員のとき",
            _ => "同意の範囲にあるとき",
        };
        text += &format!(
            "{}\t{}\tいつも：{}\t{how}：{}\n",
            category.code(),
            category.label(),
            whole.join("、"),
            by_consent.join("、")
        );
    }
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/policy_matrix.txt");
    if std::env::var_os("TSUMUGI_BLESS").is_some() {
        std::fs::write(file, &text).expect("the matrix can be written");
    }
    let signed = std::fs::read_to_string(file).unwrap_or_default();
    assert_eq!(signed, text, "policy changed: review it, then run with TSUMUGI_BLESS=1");
}
