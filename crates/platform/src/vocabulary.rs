//! Closed vocabularies: one declaration for the Rust name, the stored code and the words that people read.

/// What every vocabulary offers, so that forms and lists can be written once.
pub trait Vocabulary: Copy + PartialEq + Sized + 'static {
    const ALL: &'static [Self];
    fn code(self) -> &'static str;
    fn label(self) -> &'static str;

    fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|v| v.code() == code)
    }

    /// `(code, label)` of every value, in the order of the declaration, for a select or radio buttons.
    fn options() -> Vec<(&'static str, &'static str)> {
        Self::ALL.iter().map(|v| (v.code(), v.label())).collect()
    }
}

/// `vocabulary! { pub enum Urgency { SameDay = "same_day" "即日", … } }`
#[macro_export]
macro_rules! vocabulary {
    ($(#[$m:meta])* pub enum $t:ident { $($(#[$vm:meta])* $v:ident = $code:literal $label:literal),* $(,)? }) => {
        $(#[$m])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $t { $($(#[$vm])* $v),* }

        impl $crate::vocabulary::Vocabulary for $t {
            const ALL: &'static [Self] = &[$($t::$v),*];
            fn code(self) -> &'static str { match self { $($t::$v => $code),* } }
            fn label(self) -> &'static str { match self { $($t::$v => $label),* } }
        }
        impl From<$t> for $crate::db::Arg {
            fn from(v: $t) -> Self { $crate::db::Arg::Text($crate::vocabulary::Vocabulary::code(v).to_owned()) }
        }
        impl $crate::db::Code for $t {
            fn decode(code: &str) -> ::std::result::Result<Self, $crate::db::DbError> {
                <$t as $crate::vocabulary::Vocabulary>::from_code(code)
                    .ok_or_else(|| $crate::db::DbError::Decode(format!("{} has no value {code:?}", stringify!($t))))
            }
        }
        $crate::cell_by_code!($t);
    };
}
