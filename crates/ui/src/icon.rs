//! Line icons on a 24 unit grid, drawn for this product.

use maud::{Markup, PreEscaped, html};

/// What an icon stands for; the drawing is chosen here once for the whole product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Icon {
    Home,
    Inbox,
    Person,
    Tasks,
    Calendar,
    Map,
    Report,
    Meeting,
    Building,
    Pen,
    Lock,
    Warn,
    Bell,
    Clock,
    Check,
    More,
    Search,
    Phone,
    Send,
    Link,
    Fax,
    Plus,
    Download,
    Swap,
    Eye,
    Info,
    Close,
}

impl Icon {
    /// The path data of the strokes.
    fn path(self) -> &'static str {
        match self {
            Self::Home => "M3 11.5 12 4l9 7.5M5.5 10v10h13V10M10 20v-5.5h4V20",
            Self::Inbox => "M12 3v10m0 0-4-4m4 4 4-4M4 14v6h16v-6h-4.5l-1.5 2.5h-4L8.5 14z",
            Self::Person => "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8M4 21c.8-4.5 3.8-6.5 8-6.5s7.2 2 8 6.5",
            Self::Tasks => {
                "m3.5 5.5 1.8 1.8L8.5 4M3.5 12l1.8 1.8 3.2-3.3M3.5 18.5l1.8 1.8L8.5 17M12.5 6H21M12.5 12.5H21M12.5 19H21"
            }
            Self::Calendar => "M4 6h16v14.5H4zM4 10.5h16M8 3v4.5M16 3v4.5M8 14.5h.01M12 14.5h.01M16 14.5h.01",
            Self::Map => "m3 6.5 6-2.5 6 2.5 6-2.5v14l-6 2.5-6-2.5-6 2.5zM9 4v14M15 6.5v14",
            Self::Report => "M6 3h8.5L19 7.5V21H6zM14 3v5h5M9 12.5h7M9 16.5h7",
            Self::Meeting => {
                "M8 6a3 3 0 1 0 0 6 3 3 0 0 0 0-6M2 20c.5-4 2.7-5.7 6-5.7s5.5 1.7 6 5.7M16.5 7a2.5 2.5 0 1 1 0 5M17 14.6c2.8.1 4.6 1.8 5 4.9"
            }
            Self::Building => "M4 20.5V8l8-4.5L20 8v12.5zM9.5 20.5V15h5v5.5M8.5 11h.01M12 11h.01M15.5 11h.01",
            Self::Pen => "m4 20 1-5L16 4l4 4L9 19zM13.5 6.5l4 4",
            Self::Lock => "M5.5 11h13v9.5h-13zM8.5 11V7.5a3.5 3.5 0 0 1 7 0V11M12 15v2",
            Self::Warn => "M12 3.5 2.5 20h19zM12 10v4.5M12 17.3v.01",
            Self::Bell => "M6 16.5V11a6 6 0 0 1 12 0v5.5l1.5 2.5h-15zM10 21.5h4",
            Self::Clock => "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M12 7.5V12l3 2",
            Self::Check => "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M8 12.3l2.8 2.7L16 9.5",
            Self::More => "M5 12h.01M12 12h.01M19 12h.01",
            Self::Search => "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13M15.5 15.5 20.5 20.5",
            Self::Phone => {
                "M5 4h4l1.7 4.5L8.3 10.2a12 12 0 0 0 5.5 5.5l1.7-2.4L20 15v4c0 1-1 1.7-2 1.5C10.5 19.5 4.5 13.5 3.5 6 3.3 5 4 4 5 4"
            }
            Self::Send => "M21 3.5 3 10.5l7 3.5 3.5 7zM21 3.5 10 14",
            Self::Link => {
                "M10 14.5a4 4 0 0 0 5.7 0l3.6-3.6a4 4 0 1 0-5.7-5.7L12.3 6.5M14 9.5a4 4 0 0 0-5.7 0l-3.6 3.6a4 4 0 1 0 5.7 5.7l1.3-1.3"
            }
            Self::Fax => "M7 8.5V3.5h8l2.5 2.5v2.5M7 16.5H3.5v-8h17v8H17M7 13.5h10v7H7zM17 11.5h.01",
            Self::Plus => "M12 4.5v15M4.5 12h15",
            Self::Download => "M12 3.5V15m0 0-4.5-4.5M12 15l4.5-4.5M4 17v3.5h16V17",
            Self::Swap => "M4 8.5h15m0 0L15 4.5m4 4-4 4M20 16H5m0 0 4-4m-4 4 4 4",
            Self::Eye => {
                "M2.5 12C5 7.5 8.2 5.5 12 5.5s7 2 9.5 6.5c-2.5 4.5-5.7 6.5-9.5 6.5S5 16.5 2.5 12M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6"
            }
            Self::Info => "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M12 11v5.5M12 7.6v.01",
            Self::Close => "m6 6 12 12M18 6 6 18",
        }
    }
}

/// An icon of 20 px in the colour of the text around it. It is decoration: words stand beside it.
pub fn icon(i: Icon) -> Markup {
    html! {
        svg.icon width="20" height="20" viewBox="0 0 24 24" fill="none" stroke="currentColor"
            stroke-width=(if i == Icon::More { "3" } else { "2" }) stroke-linecap="round" stroke-linejoin="round"
            aria-hidden="true" {
            path d=(PreEscaped(i.path())) {}
        }
    }
}
