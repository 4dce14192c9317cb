//! Made by `yardarm flags types`: a method for each flag. Make it again instead of editing it.

/// Business price list
///
/// Three price lists under test, by company.
///
/// Variants: `list-a`: `"A-2026"`, `list-b`: `"B-2026"`, `list-c`: `"C-2026"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum B2bPriceList {
    /// `"A-2026"`
    A2026,
    /// `"B-2026"`
    B2026,
    /// `"C-2026"`
    C2026,
}

impl B2bPriceList {
    /// As the flag serves it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::A2026 => "A-2026",
            Self::B2026 => "B-2026",
            Self::C2026 => "C-2026",
        }
    }

    fn of(text: &str) -> Option<Self> {
        match text {
            "A-2026" => Some(Self::A2026),
            "B-2026" => Some(Self::B2026),
            "C-2026" => Some(Self::C2026),
            _ => None,
        }
    }
}

/// Colour of the buy button
///
/// Which green sells best? Same split on all pages, by customer.
///
/// Variants: `harbour`: `"#0b7285"` (The brand's blue-green), `leaf`: `"#2b8a3e"`, `amber`: `"#e67700"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckoutButtonColor {
    /// `"#0b7285"`
    Flag0b7285,
    /// `"#2b8a3e"`
    Flag2b8a3e,
    /// `"#e67700"`
    E67700,
}

impl CheckoutButtonColor {
    /// As the flag serves it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Flag0b7285 => "#0b7285",
            Self::Flag2b8a3e => "#2b8a3e",
            Self::E67700 => "#e67700",
        }
    }

    fn of(text: &str) -> Option<Self> {
        match text {
            "#0b7285" => Some(Self::Flag0b7285),
            "#2b8a3e" => Some(Self::Flag2b8a3e),
            "#e67700" => Some(Self::E67700),
            _ => None,
        }
    }
}

/// Cookie banner wording
///
/// The lawyers' text where it must be shown, the short one elsewhere.
///
/// Variants: `short`: `"short-2026"`, `gdpr`: `"gdpr-2026"`, `ccpa`: `"ccpa-2025"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CookieBanner {
    /// `"short-2026"`
    Short2026,
    /// `"gdpr-2026"`
    Gdpr2026,
    /// `"ccpa-2025"`
    Ccpa2025,
}

impl CookieBanner {
    /// As the flag serves it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Short2026 => "short-2026",
            Self::Gdpr2026 => "gdpr-2026",
            Self::Ccpa2025 => "ccpa-2025",
        }
    }

    fn of(text: &str) -> Option<Self> {
        match text {
            "short-2026" => Some(Self::Short2026),
            "gdpr-2026" => Some(Self::Gdpr2026),
            "ccpa-2025" => Some(Self::Ccpa2025),
            _ => None,
        }
    }
}

/// Ask for an app update
///
/// Old apps talk to an API that ends in October; the oldest ones cannot pay any more.
///
/// Variants: `none`: `"none"`, `nudge`: `"nudge"`, `force`: `"force"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForceAppUpdate {
    /// `"none"`
    None,
    /// `"nudge"`
    Nudge,
    /// `"force"`
    Force,
}

impl ForceAppUpdate {
    /// As the flag serves it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Nudge => "nudge",
            Self::Force => "force",
        }
    }

    fn of(text: &str) -> Option<Self> {
        match text {
            "none" => Some(Self::None),
            "nudge" => Some(Self::Nudge),
            "force" => Some(Self::Force),
            _ => None,
        }
    }
}

/// Image CDN
///
/// Two contracts, weighted by traffic we agreed to send. Split by session, so one page never mixes hosts.
///
/// Variants: `north`: `"https://img-north.harbour.example"`, `south`: `"https://img-south.harbour.example"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageCdn {
    /// `"https://img-north.harbour.example"`
    HttpsImgNorthHarbourExample,
    /// `"https://img-south.harbour.example"`
    HttpsImgSouthHarbourExample,
}

impl ImageCdn {
    /// As the flag serves it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HttpsImgNorthHarbourExample => "https://img-north.harbour.example",
            Self::HttpsImgSouthHarbourExample => "https://img-south.harbour.example",
        }
    }

    fn of(text: &str) -> Option<Self> {
        match text {
            "https://img-north.harbour.example" => Some(Self::HttpsImgNorthHarbourExample),
            "https://img-south.harbour.example" => Some(Self::HttpsImgSouthHarbourExample),
            _ => None,
        }
    }
}

/// When to ask for push
///
/// After the first order, after three visits, or never.
///
/// Variants: `never`: `"never"`, `order`: `"after-order"`, `visits`: `"after-3-visits"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PushOptIn {
    /// `"never"`
    Never,
    /// `"after-order"`
    AfterOrder,
    /// `"after-3-visits"`
    After3Visits,
}

impl PushOptIn {
    /// As the flag serves it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::AfterOrder => "after-order",
            Self::After3Visits => "after-3-visits",
        }
    }

    fn of(text: &str) -> Option<Self> {
        match text {
            "never" => Some(Self::Never),
            "after-order" => Some(Self::AfterOrder),
            "after-3-visits" => Some(Self::After3Visits),
            _ => None,
        }
    }
}

/// Recommendations model
///
/// “You may also like” on product pages and in mails.
///
/// Variants: `popular`: `"popular-items"`, `als`: `"als-2026-03"`, `transformer`: `"seqrec-2026-05"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecommendationsModel {
    /// `"popular-items"`
    PopularItems,
    /// `"als-2026-03"`
    Als202603,
    /// `"seqrec-2026-05"`
    Seqrec202605,
}

impl RecommendationsModel {
    /// As the flag serves it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PopularItems => "popular-items",
            Self::Als202603 => "als-2026-03",
            Self::Seqrec202605 => "seqrec-2026-05",
        }
    }

    fn of(text: &str) -> Option<Self> {
        match text {
            "popular-items" => Some(Self::PopularItems),
            "als-2026-03" => Some(Self::Als202603),
            "seqrec-2026-05" => Some(Self::Seqrec202605),
            _ => None,
        }
    }
}

/// Search engine
///
/// Classic inverted index, vectors, or both. Split by customer so that results do not jump between visits.
///
/// Variants: `classic`: `"classic"`, `semantic`: `"semantic"`, `hybrid`: `"hybrid"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SearchEngine {
    /// `"classic"`
    Classic,
    /// `"semantic"`
    Semantic,
    /// `"hybrid"`
    Hybrid,
}

impl SearchEngine {
    /// As the flag serves it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Classic => "classic",
            Self::Semantic => "semantic",
            Self::Hybrid => "hybrid",
        }
    }

    fn of(text: &str) -> Option<Self> {
        match text {
            "classic" => Some(Self::Classic),
            "semantic" => Some(Self::Semantic),
            "hybrid" => Some(Self::Hybrid),
            _ => None,
        }
    }
}

/// Support chat
///
/// Nobody, the bot, or a person.
///
/// Variants: `none`: `"none"`, `bot`: `"bot"`, `agent`: `"agent"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SupportChat {
    /// `"none"`
    None,
    /// `"bot"`
    Bot,
    /// `"agent"`
    Agent,
}

impl SupportChat {
    /// As the flag serves it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Bot => "bot",
            Self::Agent => "agent",
        }
    }

    fn of(text: &str) -> Option<Self> {
        match text {
            "none" => Some(Self::None),
            "bot" => Some(Self::Bot),
            "agent" => Some(Self::Agent),
            _ => None,
        }
    }
}

/// Tax engine
///
/// Which engine computes VAT. The new one must agree with the old one to the cent before a country moves.
///
/// Variants: `legacy`: `"legacy"`, `shadow`: `"shadow"` (Both; the old answer counts), `novo`: `"novo"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaxEngine {
    /// `"legacy"`
    Legacy,
    /// `"shadow"`
    Shadow,
    /// `"novo"`
    Novo,
}

impl TaxEngine {
    /// As the flag serves it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Legacy => "legacy",
            Self::Shadow => "shadow",
            Self::Novo => "novo",
        }
    }

    fn of(text: &str) -> Option<Self> {
        match text {
            "legacy" => Some(Self::Legacy),
            "shadow" => Some(Self::Shadow),
            "novo" => Some(Self::Novo),
            _ => None,
        }
    }
}

/// The project's flags over a client. Every call names the answer for when there is none.
#[derive(Clone)]
pub struct Flags {
    client: yardarm::Client,
}

impl Flags {
    /// Over this client.
    pub fn new(client: yardarm::Client) -> Self {
        Self { client }
    }

    /// Hotfix banner
    ///
    /// Tells people on the broken release that an update is out.
    ///
    /// Variants: `on`: `true`, `off`: `false`.
    pub fn app_hotfix_banner(&self, context: &yardarm::Context, default: bool) -> bool {
        self.client.bool("app-hotfix-banner", context, default)
    }

    /// Try it on with the camera
    ///
    /// Shoes and glasses over the camera picture. Needs a phone that can. Warms the phone: see the battery study before raising it.
    ///
    /// Variants: `on`: `true`, `off`: `false`.
    pub fn ar_try_on(&self, context: &yardarm::Context, default: bool) -> bool {
        self.client.bool("ar-try-on", context, default)
    }

    /// Business portal
    ///
    /// The new portal. Whole companies move at once, so that colleagues see the same.
    ///
    /// Variants: `on`: `true`, `off`: `false`.
    pub fn b2b_portal(&self, context: &yardarm::Context, default: bool) -> bool {
        self.client.bool("b2b-portal", context, default)
    }

    /// Business price list
    ///
    /// Three price lists under test, by company.
    ///
    /// Variants: `list-a`: `"A-2026"`, `list-b`: `"B-2026"`, `list-c`: `"C-2026"`.
    pub fn b2b_price_list(&self, context: &yardarm::Context, default: B2bPriceList) -> B2bPriceList {
        B2bPriceList::of(&self.client.string("b2b-price-list", context, default.as_str())).unwrap_or(default)
    }

    /// Beta features
    ///
    /// The menu entry that leads to everything unfinished.
    ///
    /// Variants: `on`: `true`, `off`: `false`.
    pub fn beta_features(&self, context: &yardarm::Context, default: bool) -> bool {
        self.client.bool("beta-features", context, default)
    }

    /// Refuse throw-away addresses
    ///
    /// Sign-up refuses mail boxes that live ten minutes, and plus-addresses used to collect welcome discounts.
    ///
    /// Variants: `on`: `true`, `off`: `false`.
    pub fn block_disposable_email(&self, context: &yardarm::Context, default: bool) -> bool {
        self.client.bool("block-disposable-email", context, default)
    }

    /// Bulk order API
    ///
    /// An entitlement of the contract; asked by the API gateway at every call.
    ///
    /// Variants: `on`: `true`, `off`: `false`.
    pub fn bulk_order_api(&self, context: &yardarm::Context, default: bool) -> bool {
        self.client.bool("bulk-order-api", context, default)
    }

    /// Pay by invoice
    ///
    /// Invoice by our bank partner. Only where the partner has a licence, and never for carts on fraud watch.
    ///
    /// Variants: `on`: `true`, `off`: `false`.
    pub fn buy_now_pay_later(&self, context: &yardarm::Context, default: bool) -> bool {
        self.client.bool("buy-now-pay-later", context, default)
    }

    /// Colour of the buy button
    ///
    /// Which green sells best? Same split on all pages, by customer.
    ///
    /// Variants: `harbour`: `"#0b7285"` (The brand's blue-green), `leaf`: `"#2b8a3e"`, `amber`: `"#e67700"`.
    pub fn checkout_button_color(&self, context: &yardarm::Context, default: CheckoutButtonColor) -> CheckoutButtonColor {
        CheckoutButtonColor::of(&self.client.string("checkout-button-color", context, default.as_str())).unwrap_or(default)
    }

    /// Cookie banner wording
    ///
    /// The lawyers' text where it must be shown, the short one elsewhere.
    ///
    /// Variants: `short`: `"short-2026"`, `gdpr`: `"gdpr-2026"`, `ccpa`: `"ccpa-2025"`.
    pub fn cookie_banner(&self, context: &yardarm::Context, default: CookieBanner) -> CookieBanner {
        CookieBanner::of(&self.client.string("cookie-banner", context, default.as_str())).unwrap_or(default)
    }

    /// Light pages for crawlers
    ///
    /// Search engines get the page without scripts.
    ///
    /// Variants: `on`: `true`, `off`: `false`.
    pub fn crawler_lite_pages(&self, context: &yardarm::Context, default: bool) -> bool {
        self.client.bool("crawler-lite-pages", context, default)
    }

    /// Dark mode
    ///
    /// Follows the system by default; on for all since spring.
    ///
    /// Variants: `on`: `true`, `off`: `false`.
    pub fn dark_mode(&self, context: &yardarm::Context, default: bool) -> bool {
        self.client.bool("dark-mode", context, default)
    }

    /// Express pay
    ///
    /// Apple Pay and Google Pay above the form. Needs the one-page checkout.
    ///
    /// Variants: `on`: `true`, `off`: `false`.
    pub fn express_pay(&self, context: &yardarm::Context, default: bool) -> bool {
        self.client.bool("express-pay", context, default)
    }

    /// Ask for an app update
    ///
    /// Old apps talk to an API that ends in October; the oldest ones cannot pay any more.
    ///
    /// Variants: `none`: `"none"`, `nudge`: `"nudge"`, `force`: `"force"`.
    pub fn force_app_update(&self, context: &yardarm::Context, default: ForceAppUpdate) -> ForceAppUpdate {
        ForceAppUpdate::of(&self.client.string("force-app-update", context, default.as_str())).unwrap_or(default)
    }

    /// Fraud score threshold
    ///
    /// Orders scored above this are held for a person to look at. Lower is stricter.
    ///
    /// Variants: `strict`: `0.62`, `normal`: `0.82`, `relaxed`: `0.95`.
    pub fn fraud_score_threshold(&self, context: &yardarm::Context, default: f64) -> f64 {
        self.client.number("fraud-score-threshold", context, default)
    }

    /// Free shipping from
    ///
    /// Cart value in the local currency from which shipping is free. Card holders pay none at all.
    ///
    /// Variants: `never-pay`: `0`, `low`: `29`, `standard`: `49.5`, `islands`: `79`.
    pub fn free_shipping_threshold(&self, context: &yardarm::Context, default: f64) -> f64 {
        self.client.number("free-shipping-threshold", context, default)
    }

    /// Gift wrapping
    ///
    /// Paper and a card for 3.90. Has been on since the first Christmas; kept as a switch for when paper runs out.
    ///
    /// Variants: `on`: `true`, `off`: `false`.
    pub fn gift_wrapping(&self, context: &yardarm::Context, default: bool) -> bool {
        self.client.bool("gift-wrapping", context, default)
    }

    /// Guest checkout
    ///
    /// Lets people buy without an account. Visitors without an e-mail address are asked for one at the end.
    ///
    /// Variants: `on`: `true`, `off`: `false`.
    pub fn guest_checkout(&self, context: &yardarm::Context, default: bool) -> bool {
        self.client.bool("guest-checkout", context, default)
    }

    /// Homepage hero
    ///
    /// Picture, headline and link at the top of the home page.
    ///
    /// Variants: `evergreen`: `{"image":"/hero/harbour.avif","link":"/new-in","title":"Made…`, `newcomer`: `{"discount":10,"image":"/hero/welcome.avif","link":"/welcome…`, `card`: `{"badges":["card","early"],"image":"/hero/card.avif","link":…`.
    pub fn homepage_hero(&self, context: &yardarm::Context, default: serde_json::Value) -> serde_json::Value {
        self.client.json("homepage-hero", context, default)
    }

    /// Image CDN
    ///
    /// Two contracts, weighted by traffic we agreed to send. Split by session, so one page never mixes hosts.
    ///
    /// Variants: `north`: `"https://img-north.harbour.example"`, `south`: `"https://img-south.harbour.example"`.
    pub fn image_cdn(&self, context: &yardarm::Context, default: ImageCdn) -> ImageCdn {
        ImageCdn::of(&self.client.string("image-cdn", context, default.as_str())).unwrap_or(default)
    }

    /// Share of requests logged
    ///
    /// By service, so that one noisy service can be turned down alone.
    ///
    /// Variants: `quiet`: `0.001`, `normal`: `0.01`, `loud`: `0.25`, `all`: `1`.
    pub fn log_sampling(&self, context: &yardarm::Context, default: f64) -> f64 {
        self.client.number("log-sampling", context, default)
    }

    /// Loyalty benefits
    ///
    /// What a card gives, by the year it was opened.
    ///
    /// Variants: `none`: `{"perks":[],"points_per_euro":0}`, `member`: `{"perks":["free-shipping"],"points_per_euro":1}`, `founder`: `{"perks":["free-shipping","early-access","repairs"],"points_…`.
    pub fn loyalty_benefits(&self, context: &yardarm::Context, default: serde_json::Value) -> serde_json::Value {
        self.client.json("loyalty-benefits", context, default)
    }

    /// Maintenance mode
    ///
    /// The whole shop answers with a friendly page; the office network still gets in.
    ///
    /// Variants: `on`: `true`, `off`: `false`.
    pub fn maintenance_mode(&self, context: &yardarm::Context, default: bool) -> bool {
        self.client.bool("maintenance-mode", context, default)
    }

    /// Most items in a cart
    ///
    /// Protects the cart service; business customers order more at once.
    ///
    /// Variants: `standard`: `50`, `business`: `200`, `enterprise`: `1000`.
    pub fn max_cart_items(&self, context: &yardarm::Context, default: f64) -> f64 {
        self.client.number("max-cart-items", context, default)
    }

    /// Days to pay an invoice
    ///
    /// By plan and credit score; none for new companies.
    ///
    /// Variants: `prepaid`: `0`, `short`: `14`, `standard`: `30`, `long`: `60`.
    pub fn net_terms_days(&self, context: &yardarm::Context, default: f64) -> f64 {
        self.client.number("net-terms-days", context, default)
    }

    /// One-page checkout
    ///
    /// Address, shipping and payment on one page. Measured on completed orders; remove the old pages when it is at 100 %.
    ///
    /// Variants: `on`: `true` (One page), `off`: `false` (The three old pages).
    pub fn new_checkout(&self, context: &yardarm::Context, default: bool) -> bool {
        self.client.bool("new-checkout", context, default)
    }

    /// New product page
    ///
    /// Bigger pictures, size guide beside the button. Bucketed by device so that people who are not signed in stay put.
    ///
    /// Variants: `on`: `true`, `off`: `false`.
    pub fn new_product_page(&self, context: &yardarm::Context, default: bool) -> bool {
        self.client.bool("new-product-page", context, default)
    }

    /// Take payments
    ///
    /// The big red switch. Off shows “we will be right back” at the last step; carts are kept.
    ///
    /// Variants: `on`: `true`, `off`: `false`.
    pub fn payments_enabled(&self, context: &yardarm::Context, default: bool) -> bool {
        self.client.bool("payments-enabled", context, default)
    }

    /// Payments v2
    ///
    /// Sends payments through the new ledger. Everything that takes money depends on it.
    ///
    /// Variants: `on`: `true`, `off`: `false`.
    pub fn payments_v2(&self, context: &yardarm::Context, default: bool) -> bool {
        self.client.bool("payments-v2", context, default)
    }

    /// Reviews with pictures
    ///
    /// Waits for the moderation queue; ready in staging.
    ///
    /// Variants: `on`: `true`, `off`: `false`.
    pub fn product_reviews_v2(&self, context: &yardarm::Context, default: bool) -> bool {
        self.client.bool("product-reviews-v2", context, default)
    }

    /// When to ask for push
    ///
    /// After the first order, after three visits, or never.
    ///
    /// Variants: `never`: `"never"`, `order`: `"after-order"`, `visits`: `"after-3-visits"`.
    pub fn push_opt_in(&self, context: &yardarm::Context, default: PushOptIn) -> PushOptIn {
        PushOptIn::of(&self.client.string("push-opt-in", context, default.as_str())).unwrap_or(default)
    }

    /// Ranking weights
    ///
    /// How much relevance, margin and freshness count in search results. Read at every query.
    ///
    /// Variants: `balanced`: `{"freshness":0.1,"margin":0.2,"relevance":0.7}`, `margin`: `{"freshness":0.1,"margin":0.4,"relevance":0.5}`, `fresh`: `{"boost":["new-in","back-in-stock"],"freshness":0.35,"margin…`.
    pub fn ranking_weights(&self, context: &yardarm::Context, default: serde_json::Value) -> serde_json::Value {
        self.client.json("ranking-weights", context, default)
    }

    /// Recommendations model
    ///
    /// “You may also like” on product pages and in mails.
    ///
    /// Variants: `popular`: `"popular-items"`, `als`: `"als-2026-03"`, `transformer`: `"seqrec-2026-05"`.
    pub fn recommendations_model(&self, context: &yardarm::Context, default: RecommendationsModel) -> RecommendationsModel {
        RecommendationsModel::of(&self.client.string("recommendations-model", context, default.as_str())).unwrap_or(default)
    }

    /// Bring a friend
    ///
    /// Ten euros for both. Paused for employees, who kept referring each other.
    ///
    /// Variants: `on`: `true`, `off`: `false`.
    pub fn referral_program(&self, context: &yardarm::Context, default: bool) -> bool {
        self.client.bool("referral-program", context, default)
    }

    /// Same-day delivery
    ///
    /// Courier partners in four cities; the list grows as contracts are signed.
    ///
    /// Variants: `on`: `true`, `off`: `false`.
    pub fn same_day_delivery(&self, context: &yardarm::Context, default: bool) -> bool {
        self.client.bool("same-day-delivery", context, default)
    }

    /// Search engine
    ///
    /// Classic inverted index, vectors, or both. Split by customer so that results do not jump between visits.
    ///
    /// Variants: `classic`: `"classic"`, `semantic`: `"semantic"`, `hybrid`: `"hybrid"`.
    pub fn search_engine(&self, context: &yardarm::Context, default: SearchEngine) -> SearchEngine {
        SearchEngine::of(&self.client.string("search-engine", context, default.as_str())).unwrap_or(default)
    }

    /// Results on a page
    ///
    /// Small screens load fewer; catalogue managers see everything.
    ///
    /// Variants: `small`: `24`, `medium`: `48`, `large`: `96`.
    pub fn search_page_size(&self, context: &yardarm::Context, default: f64) -> f64 {
        self.client.number("search-page-size", context, default)
    }

    /// Synonyms in search
    ///
    /// “Trainers” finds sneakers. Dictionaries exist for three languages so far.
    ///
    /// Variants: `on`: `true`, `off`: `false`.
    pub fn search_synonyms(&self, context: &yardarm::Context, default: bool) -> bool {
        self.client.bool("search-synonyms", context, default)
    }

    /// Staff toolbar
    ///
    /// Order numbers, stock and margins on every page, inside the office network only.
    ///
    /// Variants: `on`: `true`, `off`: `false`.
    pub fn staff_toolbar(&self, context: &yardarm::Context, default: bool) -> bool {
        self.client.bool("staff-toolbar", context, default)
    }

    /// Pick up in the shop
    ///
    /// Collect in one of the Berlin shops two hours later.
    ///
    /// Variants: `on`: `true`, `off`: `false`.
    pub fn store_pickup(&self, context: &yardarm::Context, default: bool) -> bool {
        self.client.bool("store-pickup", context, default)
    }

    /// Support chat
    ///
    /// Nobody, the bot, or a person.
    ///
    /// Variants: `none`: `"none"`, `bot`: `"bot"`, `agent`: `"agent"`.
    pub fn support_chat(&self, context: &yardarm::Context, default: SupportChat) -> SupportChat {
        SupportChat::of(&self.client.string("support-chat", context, default.as_str())).unwrap_or(default)
    }

    /// Tax engine
    ///
    /// Which engine computes VAT. The new one must agree with the old one to the cent before a country moves.
    ///
    /// Variants: `legacy`: `"legacy"`, `shadow`: `"shadow"` (Both; the old answer counts), `novo`: `"novo"`.
    pub fn tax_engine(&self, context: &yardarm::Context, default: TaxEngine) -> TaxEngine {
        TaxEngine::of(&self.client.string("tax-engine", context, default.as_str())).unwrap_or(default)
    }

    /// Welcome discount
    ///
    /// Share of the price taken off the first order.
    ///
    /// Variants: `none`: `0`, `five`: `0.05`, `ten`: `0.1`.
    pub fn welcome_discount(&self, context: &yardarm::Context, default: f64) -> f64 {
        self.client.number("welcome-discount", context, default)
    }

    /// Win-back mail
    ///
    /// Mail to customers whose last order was before the cut-off and who agreed to mails.
    ///
    /// Variants: `on`: `true`, `off`: `false`.
    pub fn win_back_mail(&self, context: &yardarm::Context, default: bool) -> bool {
        self.client.bool("win-back-mail", context, default)
    }
}
