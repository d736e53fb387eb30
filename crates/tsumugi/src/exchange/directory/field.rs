//! 分野: the fields of work that a coordinator brings together.

/// One of the five fields that a coordinator brings together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    /// 保健.
    Health,
    /// 医療.
    Medical,
    /// 福祉.
    Welfare,
    /// 保育・教育.
    Education,
    /// 家族・地域.
    Community,
}

impl Field {
    /// Every field, in the order of the policy document.
    pub const ALL: [Self; 5] = [Self::Health, Self::Medical, Self::Welfare, Self::Education, Self::Community];

    /// The word for the database and for addresses.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Health => "health",
            Self::Medical => "medical",
            Self::Welfare => "welfare",
            Self::Education => "education",
            Self::Community => "community",
        }
    }

    /// The word that people read.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Health => "保健",
            Self::Medical => "医療",
            Self::Welfare => "福祉",
            Self::Education => "保育・教育",
            Self::Community => "家族・地域",
        }
    }
}
