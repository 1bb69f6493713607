/** SHA-256 of each style's sheet (RGBA pixels, not the file). Written by npm run atlas -- --write-hashes; checked by every build. */
export const atlasHashes = {
  noto: "8a8d49b2f9206aa24397cda977ad39795205ee76d8a47e8871a28a1809dcb3e6",
  twemoji: "71a67d42d3d6ed7df3cc8d86650329539bc22273387deb4e69c35153b3c0d322",
  "fluent-emoji-flat": "c17f25f5e2f23531390c9fa33b7cb6c0b9bba94fb2077ca70d76731bded2baf6",
  "fluent-emoji": "aaba619b06fc2509e629cf0a24cbf5c11a1e6c619edceb35c5329a14efe63126",
  "fluent-emoji-high-contrast": "f3fdb2009ea3b402b32ee1fec4ff0ef5f17fcf34dbf71f15615188033ba1879b",
  emojione: "b69c69901ab2f703b32d763417072ad01d76ffb1e5e192f4aaba8b404555792f",
  "noto-v1": "2ea5a16892bb4c704ed056cdbe7a64539b3f54f3725a188bc1a56c819e4d2717",
  "emojione-monotone": "d743ec205d21e9b977d49cfcaf0e6e7ed901b7380275607df775aa34672e8fa4",
  fxemoji: "e437ab443f47678edabddf7a2bb32ecaf7a710dfe593e7d8dc7e9bd1cbf79101",
  "streamline-emojis": "a17c6ee1c1394e15caec1b199bc73ef5c581acacc1f945dc88a938999c146920",
  openmoji: "f06896d4f007c73b805d9dfcb972e49c810912956c143064eb372d104e1229a0",
} as const;
