// Generated users: the same for the same seed, with the attributes that the demo's rules ask for, and with the gaps,
// wrong types and oddities of real contexts.

/** Numbers in 0..1 from a seed (mulberry32). */
export function numbers(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const COUNTRIES = ["DE", "AT", "CH", "US", "CA", "AU", "NZ", "JP", "SE", "NO", "DK", "FI", "NL", "BE", "LU", "FR", "IT", "ES", "PL", "PT", "GB", "de", ""];
const EMAILS = ["@harbour.example", "@HARBOUR.EXAMPLE", "@mailinator.com", "@trashmail.example", "@10minutemail.example", "+welcome@example.com", "+promo@example.com", "@example.com", "@münchen.example"];
const ADDRESSES = ["10.20.3.4", "203.0.113.9", "198.51.100.77", "192.0.2.17", "192.0.2.18", "2001:db8:77::1", "2001:db8:78::1", "::ffff:10.20.3.4", "8.8.8.8", "not an address"];
const VERSIONS = ["5.2.0", "5.1.3", "4.9.9", "3.12.7", "4.0.0", "5.2.0-beta.1", "v5.3", "6", "5.1.3+build7", "latest"];
const DATES = ["2026-07-01T10:00:00Z", "2026-01-01T00:00:00Z", "2021-05-05T12:00:00+02:00", "2025-10-31T23:59:59.999Z", 1767225600000, 1590000000000, "yesterday"];
const CITIES = ["Berlin", "hamburg", "VIENNA", "Zürich", "ZÜRICH", "Paris", "Łódź"];
const AGENTS = ["Mozilla/5.0 (X11; Linux x86_64)", "Googlebot/2.1", "Yandex Spider", "curl/8"];
const GROUPS = ["beta", "early-access", "press", "wholesale"];

/** `count` contexts as OFREP writes them. */
export function people(count, seed = 20261122) {
  const random = numbers(seed);
  const pick = (list) => list[Math.floor(random() * list.length)];
  const some = (list) => list.filter(() => random() < 0.4);
  const whole = (below) => Math.floor(random() * below);
  const sometimes = (share, make) => (random() < share ? make() : undefined);
  const present = (members) => Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));

  return Array.from({ length: count }, (_, n) => {
    const name = n < 1100 ? `user-${n}` : `${n.toString(16)}-ünï-${whole(1e6)}`;
    return present({
      targetingKey: random() < 0.97 ? name : undefined,
      country: sometimes(0.95, () => pick(COUNTRIES)),
      region: sometimes(0.3, () => pick(["CA", "NY", "ON"])),
      city: sometimes(0.6, () => pick(CITIES)),
      language: sometimes(0.8, () => pick(["en-GB", "de-AT", "DE", "fr", "it-IT", "es"])),
      email: sometimes(0.85, () => pick(["ab", "kim.lee", "x", "longer-name"]) + pick(EMAILS)),
      ip: sometimes(0.9, () => pick(ADDRESSES)),
      app_version: sometimes(0.7, () => pick(VERSIONS)),
      os_version: sometimes(0.5, () => pick(["12", "11.4", "17.0.0", "17.2.1", "13"])),
      // Some applications send the device as a word, others as a context of its own.
      device: sometimes(0.8, () => (random() < 0.5 ? pick(["ios", "android", "web"]) : { key: `device-${whole(500)}`, os: pick(["ios", "android"]) })),
      session: sometimes(0.6, () => ({ key: `session-${whole(5000)}` })),
      service: sometimes(0.2, () => ({ key: pick(["payments", "search", "images", "mail"]) })),
      account: sometimes(0.6, () =>
        present({
          key: sometimes(0.95, () => `acct-${whole(350)}`),
          plan: sometimes(0.9, () => pick(["free", "business", "enterprise"])),
          seats: sometimes(0.8, () => whole(120)),
          credit_score: sometimes(0.7, () => 300 + whole(600)),
          features: sometimes(0.5, () => some(["api", "bulk-orders", "sso"])),
        }),
      ),
      orders: sometimes(0.9, () => whole(15)),
      returns: sometimes(0.5, () => whole(3)),
      cart_total: sometimes(0.8, () => Math.round(random() * 200000) / 100),
      cart_weight_kg: sometimes(0.5, () => whole(40) + 0.5),
      payment_reminders: sometimes(0.3, () => pick([0, 1, 2, 3, "2"])),
      postal_code: sometimes(0.6, () => pick(["10115", "14999", "15000", "0755", "20095", "35037", "38100"])),
      screen_width: sometimes(0.6, () => pick([320, 639, 640, 641, 1920])),
      signed_up_at: sometimes(0.8, () => pick(DATES)),
      last_order_at: sometimes(0.6, () => pick(DATES)),
      consent: sometimes(0.7, () => some(["mail", "personalisation", "ads"])),
      groups: sometimes(0.5, () => some(GROUPS)),
      roles: sometimes(0.4, () => some(["catalogue", "editor", "admin"])),
      preview: sometimes(0.3, () => pick([true, false, "true"])),
      user_agent: sometimes(0.6, () => pick(AGENTS)),
      unheard_of: sometimes(0.1, () => pick([null, [], {}, { deep: { er: [1, 2.5, "x"] } }, "💶", -0.0, 9007199254740991])),
    });
  });
}
