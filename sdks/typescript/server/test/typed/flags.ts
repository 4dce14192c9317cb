// Made by `yardarm flags types`: a method for each flag. Make it again instead of editing it.

import type { Client, Context, JsonValue } from "@yardarm/server";

/** Flags and the types of their values. */
export interface FlagTypes {
  /**
   * Hotfix banner
   *
   * Tells people on the broken release that an update is out.
   *
   * Variants: `on`: `true`, `off`: `false`.
   */
  "app-hotfix-banner": boolean;
  /**
   * Try it on with the camera
   *
   * Shoes and glasses over the camera picture. Needs a phone that can. Warms the phone: see the battery study before raising it.
   *
   * Variants: `on`: `true`, `off`: `false`.
   */
  "ar-try-on": boolean;
  /**
   * Business portal
   *
   * The new portal. Whole companies move at once, so that colleagues see the same.
   *
   * Variants: `on`: `true`, `off`: `false`.
   */
  "b2b-portal": boolean;
  /**
   * Business price list
   *
   * Three price lists under test, by company.
   *
   * Variants: `list-a`: `"A-2026"`, `list-b`: `"B-2026"`, `list-c`: `"C-2026"`.
   */
  "b2b-price-list": "A-2026" | "B-2026" | "C-2026";
  /**
   * Beta features
   *
   * The menu entry that leads to everything unfinished.
   *
   * Variants: `on`: `true`, `off`: `false`.
   */
  "beta-features": boolean;
  /**
   * Refuse throw-away addresses
   *
   * Sign-up refuses mail boxes that live ten minutes, and plus-addresses used to collect welcome discounts.
   *
   * Variants: `on`: `true`, `off`: `false`.
   */
  "block-disposable-email": boolean;
  /**
   * Bulk order API
   *
   * An entitlement of the contract; asked by the API gateway at every call.
   *
   * Variants: `on`: `true`, `off`: `false`.
   */
  "bulk-order-api": boolean;
  /**
   * Pay by invoice
   *
   * Invoice by our bank partner. Only where the partner has a licence, and never for carts on fraud watch.
   *
   * Variants: `on`: `true`, `off`: `false`.
   */
  "buy-now-pay-later": boolean;
  /**
   * Colour of the buy button
   *
   * Which green sells best? Same split on all pages, by customer.
   *
   * Variants: `harbour`: `"#0b7285"` (The brand's blue-green), `leaf`: `"#2b8a3e"`, `amber`: `"#e67700"`.
   */
  "checkout-button-color": "#0b7285" | "#2b8a3e" | "#e67700";
  /**
   * Cookie banner wording
   *
   * The lawyers' text where it must be shown, the short one elsewhere.
   *
   * Variants: `short`: `"short-2026"`, `gdpr`: `"gdpr-2026"`, `ccpa`: `"ccpa-2025"`.
   */
  "cookie-banner": "short-2026" | "gdpr-2026" | "ccpa-2025";
  /**
   * Light pages for crawlers
   *
   * Search engines get the page without scripts.
   *
   * Variants: `on`: `true`, `off`: `false`.
   */
  "crawler-lite-pages": boolean;
  /**
   * Dark mode
   *
   * Follows the system by default; on for all since spring.
   *
   * Variants: `on`: `true`, `off`: `false`.
   */
  "dark-mode": boolean;
  /**
   * Express pay
   *
   * Apple Pay and Google Pay above the form. Needs the one-page checkout.
   *
   * Variants: `on`: `true`, `off`: `false`.
   */
  "express-pay": boolean;
  /**
   * Ask for an app update
   *
   * Old apps talk to an API that ends in October; the oldest ones cannot pay any more.
   *
   * Variants: `none`: `"none"`, `nudge`: `"nudge"`, `force`: `"force"`.
   */
  "force-app-update": "none" | "nudge" | "force";
  /**
   * Fraud score threshold
   *
   * Orders scored above this are held for a person to look at. Lower is stricter.
   *
   * Variants: `strict`: `0.62`, `normal`: `0.82`, `relaxed`: `0.95`.
   */
  "fraud-score-threshold": number;
  /**
   * Free shipping from
   *
   * Cart value in the local currency from which shipping is free. Card holders pay none at all.
   *
   * Variants: `never-pay`: `0`, `low`: `29`, `standard`: `49.5`, `islands`: `79`.
   */
  "free-shipping-threshold": number;
  /**
   * Gift wrapping
   *
   * Paper and a card for 3.90. Has been on since the first Christmas; kept as a switch for when paper runs out.
   *
   * Variants: `on`: `true`, `off`: `false`.
   */
  "gift-wrapping": boolean;
  /**
   * Guest checkout
   *
   * Lets people buy without an account. Visitors without an e-mail address are asked for one at the end.
   *
   * Variants: `on`: `true`, `off`: `false`.
   */
  "guest-checkout": boolean;
  /**
   * Homepage hero
   *
   * Picture, headline and link at the top of the home page.
   *
   * Variants: `evergreen`: `{"image":"/hero/harbour.avif","link":"/new-in","title":"Made…`, `newcomer`: `{"discount":10,"image":"/hero/welcome.avif","link":"/welcome…`, `card`: `{"badges":["card","early"],"image":"/hero/card.avif","link":…`.
   */
  "homepage-hero": JsonValue;
  /**
   * Image CDN
   *
   * Two contracts, weighted by traffic we agreed to send. Split by session, so one page never mixes hosts.
   *
   * Variants: `north`: `"https://img-north.harbour.example"`, `south`: `"https://img-south.harbour.example"`.
   */
  "image-cdn": "https://img-north.harbour.example" | "https://img-south.harbour.example";
  /**
   * Share of requests logged
   *
   * By service, so that one noisy service can be turned down alone.
   *
   * Variants: `quiet`: `0.001`, `normal`: `0.01`, `loud`: `0.25`, `all`: `1`.
   */
  "log-sampling": number;
  /**
   * Loyalty benefits
   *
   * What a card gives, by the year it was opened.
   *
   * Variants: `none`: `{"perks":[],"points_per_euro":0}`, `member`: `{"perks":["free-shipping"],"points_per_euro":1}`, `founder`: `{"perks":["free-shipping","early-access","repairs"],"points_…`.
   */
  "loyalty-benefits": JsonValue;
  /**
   * Maintenance mode
   *
   * The whole shop answers with a friendly page; the office network still gets in.
   *
   * Variants: `on`: `true`, `off`: `false`.
   */
  "maintenance-mode": boolean;
  /**
   * Most items in a cart
   *
   * Protects the cart service; business customers order more at once.
   *
   * Variants: `standard`: `50`, `business`: `200`, `enterprise`: `1000`.
   */
  "max-cart-items": number;
  /**
   * Days to pay an invoice
   *
   * By plan and credit score; none for new companies.
   *
   * Variants: `prepaid`: `0`, `short`: `14`, `standard`: `30`, `long`: `60`.
   */
  "net-terms-days": number;
  /**
   * One-page checkout
   *
   * Address, shipping and payment on one page. Measured on completed orders; remove the old pages when it is at 100 %.
   *
   * Variants: `on`: `true` (One page), `off`: `false` (The three old pages).
   */
  "new-checkout": boolean;
  /**
   * New product page
   *
   * Bigger pictures, size guide beside the button. Bucketed by device so that people who are not signed in stay put.
   *
   * Variants: `on`: `true`, `off`: `false`.
   */
  "new-product-page": boolean;
  /**
   * Take payments
   *
   * The big red switch. Off shows “we will be right back” at the last step; carts are kept.
   *
   * Variants: `on`: `true`, `off`: `false`.
   */
  "payments-enabled": boolean;
  /**
   * Payments v2
   *
   * Sends payments through the new ledger. Everything that takes money depends on it.
   *
   * Variants: `on`: `true`, `off`: `false`.
   */
  "payments-v2": boolean;
  /**
   * Reviews with pictures
   *
   * Waits for the moderation queue; ready in staging.
   *
   * Variants: `on`: `true`, `off`: `false`.
   */
  "product-reviews-v2": boolean;
  /**
   * When to ask for push
   *
   * After the first order, after three visits, or never.
   *
   * Variants: `never`: `"never"`, `order`: `"after-order"`, `visits`: `"after-3-visits"`.
   */
  "push-opt-in": "never" | "after-order" | "after-3-visits";
  /**
   * Ranking weights
   *
   * How much relevance, margin and freshness count in search results. Read at every query.
   *
   * Variants: `balanced`: `{"freshness":0.1,"margin":0.2,"relevance":0.7}`, `margin`: `{"freshness":0.1,"margin":0.4,"relevance":0.5}`, `fresh`: `{"boost":["new-in","back-in-stock"],"freshness":0.35,"margin…`.
   */
  "ranking-weights": JsonValue;
  /**
   * Recommendations model
   *
   * “You may also like” on product pages and in mails.
   *
   * Variants: `popular`: `"popular-items"`, `als`: `"als-2026-03"`, `transformer`: `"seqrec-2026-05"`.
   */
  "recommendations-model": "popular-items" | "als-2026-03" | "seqrec-2026-05";
  /**
   * Bring a friend
   *
   * Ten euros for both. Paused for employees, who kept referring each other.
   *
   * Variants: `on`: `true`, `off`: `false`.
   */
  "referral-program": boolean;
  /**
   * Same-day delivery
   *
   * Courier partners in four cities; the list grows as contracts are signed.
   *
   * Variants: `on`: `true`, `off`: `false`.
   */
  "same-day-delivery": boolean;
  /**
   * Search engine
   *
   * Classic inverted index, vectors, or both. Split by customer so that results do not jump between visits.
   *
   * Variants: `classic`: `"classic"`, `semantic`: `"semantic"`, `hybrid`: `"hybrid"`.
   */
  "search-engine": "classic" | "semantic" | "hybrid";
  /**
   * Results on a page
   *
   * Small screens load fewer; catalogue managers see everything.
   *
   * Variants: `small`: `24`, `medium`: `48`, `large`: `96`.
   */
  "search-page-size": number;
  /**
   * Synonyms in search
   *
   * “Trainers” finds sneakers. Dictionaries exist for three languages so far.
   *
   * Variants: `on`: `true`, `off`: `false`.
   */
  "search-synonyms": boolean;
  /**
   * Staff toolbar
   *
   * Order numbers, stock and margins on every page, inside the office network only.
   *
   * Variants: `on`: `true`, `off`: `false`.
   */
  "staff-toolbar": boolean;
  /**
   * Pick up in the shop
   *
   * Collect in one of the Berlin shops two hours later.
   *
   * Variants: `on`: `true`, `off`: `false`.
   */
  "store-pickup": boolean;
  /**
   * Support chat
   *
   * Nobody, the bot, or a person.
   *
   * Variants: `none`: `"none"`, `bot`: `"bot"`, `agent`: `"agent"`.
   */
  "support-chat": "none" | "bot" | "agent";
  /**
   * Tax engine
   *
   * Which engine computes VAT. The new one must agree with the old one to the cent before a country moves.
   *
   * Variants: `legacy`: `"legacy"`, `shadow`: `"shadow"` (Both; the old answer counts), `novo`: `"novo"`.
   */
  "tax-engine": "legacy" | "shadow" | "novo";
  /**
   * Welcome discount
   *
   * Share of the price taken off the first order.
   *
   * Variants: `none`: `0`, `five`: `0.05`, `ten`: `0.1`.
   */
  "welcome-discount": number;
  /**
   * Win-back mail
   *
   * Mail to customers whose last order was before the cut-off and who agreed to mails.
   *
   * Variants: `on`: `true`, `off`: `false`.
   */
  "win-back-mail": boolean;
}

/** The project's flags over a client. Every call names the answer for when there is none. */
export class Flags {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  /**
   * Hotfix banner
   *
   * Tells people on the broken release that an update is out.
   *
   * Variants: `on`: `true`, `off`: `false`.
   */
  appHotfixBanner(context: Context, fallback: boolean): boolean {
    return this.#client.boolean("app-hotfix-banner", context, fallback);
  }

  /**
   * Try it on with the camera
   *
   * Shoes and glasses over the camera picture. Needs a phone that can. Warms the phone: see the battery study before raising it.
   *
   * Variants: `on`: `true`, `off`: `false`.
   */
  arTryOn(context: Context, fallback: boolean): boolean {
    return this.#client.boolean("ar-try-on", context, fallback);
  }

  /**
   * Business portal
   *
   * The new portal. Whole companies move at once, so that colleagues see the same.
   *
   * Variants: `on`: `true`, `off`: `false`.
   */
  b2bPortal(context: Context, fallback: boolean): boolean {
    return this.#client.boolean("b2b-portal", context, fallback);
  }

  /**
   * Business price list
   *
   * Three price lists under test, by company.
   *
   * Variants: `list-a`: `"A-2026"`, `list-b`: `"B-2026"`, `list-c`: `"C-2026"`.
   */
  b2bPriceList(context: Context, fallback: "A-2026" | "B-2026" | "C-2026"): "A-2026" | "B-2026" | "C-2026" {
    return oneOf(this.#client.string("b2b-price-list", context, fallback), ["A-2026", "B-2026", "C-2026"], fallback);
  }

  /**
   * Beta features
   *
   * The menu entry that leads to everything unfinished.
   *
   * Variants: `on`: `true`, `off`: `false`.
   */
  betaFeatures(context: Context, fallback: boolean): boolean {
    return this.#client.boolean("beta-features", context, fallback);
  }

  /**
   * Refuse throw-away addresses
   *
   * Sign-up refuses mail boxes that live ten minutes, and plus-addresses used to collect welcome discounts.
   *
   * Variants: `on`: `true`, `off`: `false`.
   */
  blockDisposableEmail(context: Context, fallback: boolean): boolean {
    return this.#client.boolean("block-disposable-email", context, fallback);
  }

  /**
   * Bulk order API
   *
   * An entitlement of the contract; asked by the API gateway at every call.
   *
   * Variants: `on`: `true`, `off`: `false`.
   */
  bulkOrderApi(context: Context, fallback: boolean): boolean {
    return this.#client.boolean("bulk-order-api", context, fallback);
  }

  /**
   * Pay by invoice
   *
   * Invoice by our bank partner. Only where the partner has a licence, and never for carts on fraud watch.
   *
   * Variants: `on`: `true`, `off`: `false`.
   */
  buyNowPayLater(context: Context, fallback: boolean): boolean {
    return this.#client.boolean("buy-now-pay-later", context, fallback);
  }

  /**
   * Colour of the buy button
   *
   * Which green sells best? Same split on all pages, by customer.
   *
   * Variants: `harbour`: `"#0b7285"` (The brand's blue-green), `leaf`: `"#2b8a3e"`, `amber`: `"#e67700"`.
   */
  checkoutButtonColor(context: Context, fallback: "#0b7285" | "#2b8a3e" | "#e67700"): "#0b7285" | "#2b8a3e" | "#e67700" {
    return oneOf(this.#client.string("checkout-button-color", context, fallback), ["#0b7285", "#2b8a3e", "#e67700"], fallback);
  }

  /**
   * Cookie banner wording
   *
   * The lawyers' text where it must be shown, the short one elsewhere.
   *
   * Variants: `short`: `"short-2026"`, `gdpr`: `"gdpr-2026"`, `ccpa`: `"ccpa-2025"`.
   */
  cookieBanner(context: Context, fallback: "short-2026" | "gdpr-2026" | "ccpa-2025"): "short-2026" | "gdpr-2026" | "ccpa-2025" {
    return oneOf(this.#client.string("cookie-banner", context, fallback), ["short-2026", "gdpr-2026", "ccpa-2025"], fallback);
  }

  /**
   * Light pages for crawlers
   *
   * Search engines get the page without scripts.
   *
   * Variants: `on`: `true`, `off`: `false`.
   */
  crawlerLitePages(context: Context, fallback: boolean): boolean {
    return this.#client.boolean("crawler-lite-pages", context, fallback);
  }

  /**
   * Dark mode
   *
   * Follows the system by default; on for all since spring.
   *
   * Variants: `on`: `true`, `off`: `false`.
   */
  darkMode(context: Context, fallback: boolean): boolean {
    return this.#client.boolean("dark-mode", context, fallback);
  }

  /**
   * Express pay
   *
   * Apple Pay and Google Pay above the form. Needs the one-page checkout.
   *
   * Variants: `on`: `true`, `off`: `false`.
   */
  expressPay(context: Context, fallback: boolean): boolean {
    return this.#client.boolean("express-pay", context, fallback);
  }

  /**
   * Ask for an app update
   *
   * Old apps talk to an API that ends in October; the oldest ones cannot pay any more.
   *
   * Variants: `none`: `"none"`, `nudge`: `"nudge"`, `force`: `"force"`.
   */
  forceAppUpdate(context: Context, fallback: "none" | "nudge" | "force"): "none" | "nudge" | "force" {
    return oneOf(this.#client.string("force-app-update", context, fallback), ["none", "nudge", "force"], fallback);
  }

  /**
   * Fraud score threshold
   *
   * Orders scored above this are held for a person to look at. Lower is stricter.
   *
   * Variants: `strict`: `0.62`, `normal`: `0.82`, `relaxed`: `0.95`.
   */
  fraudScoreThreshold(context: Context, fallback: number): number {
    return this.#client.number("fraud-score-threshold", context, fallback);
  }

  /**
   * Free shipping from
   *
   * Cart value in the local currency from which shipping is free. Card holders pay none at all.
   *
   * Variants: `never-pay`: `0`, `low`: `29`, `standard`: `49.5`, `islands`: `79`.
   */
  freeShippingThreshold(context: Context, fallback: number): number {
    return this.#client.number("free-shipping-threshold", context, fallback);
  }

  /**
   * Gift wrapping
   *
   * Paper and a card for 3.90. Has been on since the first Christmas; kept as a switch for when paper runs out.
   *
   * Variants: `on`: `true`, `off`: `false`.
   */
  giftWrapping(context: Context, fallback: boolean): boolean {
    return this.#client.boolean("gift-wrapping", context, fallback);
  }

  /**
   * Guest checkout
   *
   * Lets people buy without an account. Visitors without an e-mail address are asked for one at the end.
   *
   * Variants: `on`: `true`, `off`: `false`.
   */
  guestCheckout(context: Context, fallback: boolean): boolean {
    return this.#client.boolean("guest-checkout", context, fallback);
  }

  /**
   * Homepage hero
   *
   * Picture, headline and link at the top of the home page.
   *
   * Variants: `evergreen`: `{"image":"/hero/harbour.avif","link":"/new-in","title":"Made…`, `newcomer`: `{"discount":10,"image":"/hero/welcome.avif","link":"/welcome…`, `card`: `{"badges":["card","early"],"image":"/hero/card.avif","link":…`.
   */
  homepageHero(context: Context, fallback: JsonValue): JsonValue {
    return this.#client.json("homepage-hero", context, fallback);
  }

  /**
   * Image CDN
   *
   * Two contracts, weighted by traffic we agreed to send. Split by session, so one page never mixes hosts.
   *
   * Variants: `north`: `"https://img-north.harbour.example"`, `south`: `"https://img-south.harbour.example"`.
   */
  imageCdn(context: Context, fallback: "https://img-north.harbour.example" | "https://img-south.harbour.example"): "https://img-north.harbour.example" | "https://img-south.harbour.example" {
    return oneOf(this.#client.string("image-cdn", context, fallback), ["https://img-north.harbour.example", "https://img-south.harbour.example"], fallback);
  }

  /**
   * Share of requests logged
   *
   * By service, so that one noisy service can be turned down alone.
   *
   * Variants: `quiet`: `0.001`, `normal`: `0.01`, `loud`: `0.25`, `all`: `1`.
   */
  logSampling(context: Context, fallback: number): number {
    return this.#client.number("log-sampling", context, fallback);
  }

  /**
   * Loyalty benefits
   *
   * What a card gives, by the year it was opened.
   *
   * Variants: `none`: `{"perks":[],"points_per_euro":0}`, `member`: `{"perks":["free-shipping"],"points_per_euro":1}`, `founder`: `{"perks":["free-shipping","early-access","repairs"],"points_…`.
   */
  loyaltyBenefits(context: Context, fallback: JsonValue): JsonValue {
    return this.#client.json("loyalty-benefits", context, fallback);
  }

  /**
   * Maintenance mode
   *
   * The whole shop answers with a friendly page; the office network still gets in.
   *
   * Variants: `on`: `true`, `off`: `false`.
   */
  maintenanceMode(context: Context, fallback: boolean): boolean {
    return this.#client.boolean("maintenance-mode", context, fallback);
  }

  /**
   * Most items in a cart
   *
   * Protects the cart service; business customers order more at once.
   *
   * Variants: `standard`: `50`, `business`: `200`, `enterprise`: `1000`.
   */
  maxCartItems(context: Context, fallback: number): number {
    return this.#client.number("max-cart-items", context, fallback);
  }

  /**
   * Days to pay an invoice
   *
   * By plan and credit score; none for new companies.
   *
   * Variants: `prepaid`: `0`, `short`: `14`, `standard`: `30`, `long`: `60`.
   */
  netTermsDays(context: Context, fallback: number): number {
    return this.#client.number("net-terms-days", context, fallback);
  }

  /**
   * One-page checkout
   *
   * Address, shipping and payment on one page. Measured on completed orders; remove the old pages when it is at 100 %.
   *
   * Variants: `on`: `true` (One page), `off`: `false` (The three old pages).
   */
  newCheckout(context: Context, fallback: boolean): boolean {
    return this.#client.boolean("new-checkout", context, fallback);
  }

  /**
   * New product page
   *
   * Bigger pictures, size guide beside the button. Bucketed by device so that people who are not signed in stay put.
   *
   * Variants: `on`: `true`, `off`: `false`.
   */
  newProductPage(context: Context, fallback: boolean): boolean {
    return this.#client.boolean("new-product-page", context, fallback);
  }

  /**
   * Take payments
   *
   * The big red switch. Off shows “we will be right back” at the last step; carts are kept.
   *
   * Variants: `on`: `true`, `off`: `false`.
   */
  paymentsEnabled(context: Context, fallback: boolean): boolean {
    return this.#client.boolean("payments-enabled", context, fallback);
  }

  /**
   * Payments v2
   *
   * Sends payments through the new ledger. Everything that takes money depends on it.
   *
   * Variants: `on`: `true`, `off`: `false`.
   */
  paymentsV2(context: Context, fallback: boolean): boolean {
    return this.#client.boolean("payments-v2", context, fallback);
  }

  /**
   * Reviews with pictures
   *
   * Waits for the moderation queue; ready in staging.
   *
   * Variants: `on`: `true`, `off`: `false`.
   */
  productReviewsV2(context: Context, fallback: boolean): boolean {
    return this.#client.boolean("product-reviews-v2", context, fallback);
  }

  /**
   * When to ask for push
   *
   * After the first order, after three visits, or never.
   *
   * Variants: `never`: `"never"`, `order`: `"after-order"`, `visits`: `"after-3-visits"`.
   */
  pushOptIn(context: Context, fallback: "never" | "after-order" | "after-3-visits"): "never" | "after-order" | "after-3-visits" {
    return oneOf(this.#client.string("push-opt-in", context, fallback), ["never", "after-order", "after-3-visits"], fallback);
  }

  /**
   * Ranking weights
   *
   * How much relevance, margin and freshness count in search results. Read at every query.
   *
   * Variants: `balanced`: `{"freshness":0.1,"margin":0.2,"relevance":0.7}`, `margin`: `{"freshness":0.1,"margin":0.4,"relevance":0.5}`, `fresh`: `{"boost":["new-in","back-in-stock"],"freshness":0.35,"margin…`.
   */
  rankingWeights(context: Context, fallback: JsonValue): JsonValue {
    return this.#client.json("ranking-weights", context, fallback);
  }

  /**
   * Recommendations model
   *
   * “You may also like” on product pages and in mails.
   *
   * Variants: `popular`: `"popular-items"`, `als`: `"als-2026-03"`, `transformer`: `"seqrec-2026-05"`.
   */
  recommendationsModel(context: Context, fallback: "popular-items" | "als-2026-03" | "seqrec-2026-05"): "popular-items" | "als-2026-03" | "seqrec-2026-05" {
    return oneOf(this.#client.string("recommendations-model", context, fallback), ["popular-items", "als-2026-03", "seqrec-2026-05"], fallback);
  }

  /**
   * Bring a friend
   *
   * Ten euros for both. Paused for employees, who kept referring each other.
   *
   * Variants: `on`: `true`, `off`: `false`.
   */
  referralProgram(context: Context, fallback: boolean): boolean {
    return this.#client.boolean("referral-program", context, fallback);
  }

  /**
   * Same-day delivery
   *
   * Courier partners in four cities; the list grows as contracts are signed.
   *
   * Variants: `on`: `true`, `off`: `false`.
   */
  sameDayDelivery(context: Context, fallback: boolean): boolean {
    return this.#client.boolean("same-day-delivery", context, fallback);
  }

  /**
   * Search engine
   *
   * Classic inverted index, vectors, or both. Split by customer so that results do not jump between visits.
   *
   * Variants: `classic`: `"classic"`, `semantic`: `"semantic"`, `hybrid`: `"hybrid"`.
   */
  searchEngine(context: Context, fallback: "classic" | "semantic" | "hybrid"): "classic" | "semantic" | "hybrid" {
    return oneOf(this.#client.string("search-engine", context, fallback), ["classic", "semantic", "hybrid"], fallback);
  }

  /**
   * Results on a page
   *
   * Small screens load fewer; catalogue managers see everything.
   *
   * Variants: `small`: `24`, `medium`: `48`, `large`: `96`.
   */
  searchPageSize(context: Context, fallback: number): number {
    return this.#client.number("search-page-size", context, fallback);
  }

  /**
   * Synonyms in search
   *
   * “Trainers” finds sneakers. Dictionaries exist for three languages so far.
   *
   * Variants: `on`: `true`, `off`: `false`.
   */
  searchSynonyms(context: Context, fallback: boolean): boolean {
    return this.#client.boolean("search-synonyms", context, fallback);
  }

  /**
   * Staff toolbar
   *
   * Order numbers, stock and margins on every page, inside the office network only.
   *
   * Variants: `on`: `true`, `off`: `false`.
   */
  staffToolbar(context: Context, fallback: boolean): boolean {
    return this.#client.boolean("staff-toolbar", context, fallback);
  }

  /**
   * Pick up in the shop
   *
   * Collect in one of the Berlin shops two hours later.
   *
   * Variants: `on`: `true`, `off`: `false`.
   */
  storePickup(context: Context, fallback: boolean): boolean {
    return this.#client.boolean("store-pickup", context, fallback);
  }

  /**
   * Support chat
   *
   * Nobody, the bot, or a person.
   *
   * Variants: `none`: `"none"`, `bot`: `"bot"`, `agent`: `"agent"`.
   */
  supportChat(context: Context, fallback: "none" | "bot" | "agent"): "none" | "bot" | "agent" {
    return oneOf(this.#client.string("support-chat", context, fallback), ["none", "bot", "agent"], fallback);
  }

  /**
   * Tax engine
   *
   * Which engine computes VAT. The new one must agree with the old one to the cent before a country moves.
   *
   * Variants: `legacy`: `"legacy"`, `shadow`: `"shadow"` (Both; the old answer counts), `novo`: `"novo"`.
   */
  taxEngine(context: Context, fallback: "legacy" | "shadow" | "novo"): "legacy" | "shadow" | "novo" {
    return oneOf(this.#client.string("tax-engine", context, fallback), ["legacy", "shadow", "novo"], fallback);
  }

  /**
   * Welcome discount
   *
   * Share of the price taken off the first order.
   *
   * Variants: `none`: `0`, `five`: `0.05`, `ten`: `0.1`.
   */
  welcomeDiscount(context: Context, fallback: number): number {
    return this.#client.number("welcome-discount", context, fallback);
  }

  /**
   * Win-back mail
   *
   * Mail to customers whose last order was before the cut-off and who agreed to mails.
   *
   * Variants: `on`: `true`, `off`: `false`.
   */
  winBackMail(context: Context, fallback: boolean): boolean {
    return this.#client.boolean("win-back-mail", context, fallback);
  }
}

/** What is none of the variants known here (one that was added since) is the fallback. */
function oneOf<T extends string>(value: string, variants: readonly T[], fallback: T): T {
  return variants.find((variant) => variant === value) ?? fallback;
}
