//! The text that the product brings along, and the forms. Pure.

use platform::{
    Date,
    form::{Errors, Fields, Parse},
};

pub const LABEL: &str = "標準第1版";

pub const SOURCE: &str =
    "自治体の委託契約で広く使われる特記事項の項目による見本。未確認：県・市町の定める文に差し替えて使う";

pub const BODY: &str = "\
1 秘密の保持　この仕組みで知った個人の情報を、ほかの人に漏らしません。仕事を離れたあとも同じです。
2 使う目的　個人の情報は、お子さんと家族の支援のためだけに使います。
3 伝える範囲　家族の同意のない相手には伝えません。命や体に差し迫った危険があるときは、理由を記録して必要なことだけを伝えます。
4 自分の番号　パスキーと端末は、ほかの人に使わせません。席を離れるときはサインアウトします。
5 写し　画面や書類の写しは、支援に要るものだけをとり、要らなくなったら消します。
6 守り方　端末には画面の鍵をかけ、紛失や盗難があればすぐに知らせます。
7 働く人への周知　使う人みなにこの約束を説明し、異動や退職のときは、その日に利用を止めるよう知らせます。
8 再委託　情報を扱う仕事をほかへ任せるときは、先に承認を受けます。
9 返す・消す　支援が終わり、持つ必要がなくなった情報は、返すか消します。
10 事故　漏えいなどが起きたか、そのおそれがあるときは、すぐに市町と県へ報告します。
11 調べ　市町や県が、扱い方を調べることに応じます。";

#[derive(Clone, Debug)]
pub struct New {
    pub label: String,
    pub body: String,
    pub source: String,
    pub effective_on: Date,
}

impl New {
    pub fn parse(fields: &Fields, today: Date) -> Result<New, Errors> {
        let mut p = Parse::new(fields);
        let new = New {
            label: p.line("label", "版の名前", 40),
            body: p.paragraph("body", "本文", 20_000),
            source: p.line("source", "出典", 200),
            effective_on: p.date("effective_on", "効力の日"),
        };
        if new.effective_on <= today && !p.raw("effective_on").is_empty() {
            p.fail("effective_on", "効力の日は、明日より後にしてください。事業所が読んで承諾する時間が要ります。");
        }
        p.finish(new)
    }
}

#[derive(Clone, Debug)]
pub struct Acceptance {
    pub no: i64,
    pub signer: String,
    pub title: String,
}

impl Acceptance {
    pub fn parse(fields: &Fields) -> Result<Acceptance, Errors> {
        let mut p = Parse::new(fields);
        let accepted = Acceptance {
            no: fields.get("no").parse().unwrap_or(0),
            signer: p.line("signer", "承諾する人の氏名", 50),
            title: p.line("title", "役職", 50),
        };
        if !p.ticked("agree") {
            p.fail("agree", "読んで承諾するときは、印を付けてください。");
        }
        p.finish(accepted)
    }
}
