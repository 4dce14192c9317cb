import path from "node:path";
import type { NextConfig } from "next";

// Production is a static export that the server embeds. Development proxies the API to a running server.
const development = process.env.NODE_ENV === "development";
const server = process.env.YARDARM_URL ?? "http://127.0.0.1:3524";

const config: NextConfig = {
  ...(development
    ? {
        rewrites: async () => ({
          beforeFiles: ["/api/:path*", "/ofrep/:path*"].map((source) => ({
            source,
            destination: `${server}${source}`,
          })),
          afterFiles: [],
          fallback: [],
        }),
      }
    : { output: "export" as const }),
  // `npm run build` has run tsc already.
  typescript: { ignoreBuildErrors: true },
  reactStrictMode: true,
  devIndicators: false,
  images: { unoptimized: true },
  // A lockfile higher up must not move the root.
  turbopack: { root: path.resolve(import.meta.dirname) },
};

export default config;
