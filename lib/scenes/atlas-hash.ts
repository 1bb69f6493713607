/** SHA-256 of each style's sheet (RGBA pixels, not the file). Written by npm run atlas -- --write-hashes; checked by every build. */
export const atlasHashes = {
  noto: "cb224cf9bc6f9d37b6310be6061fdf48e64387bebe629d475163be490be51db7",
  twemoji: "e91337ca6e6b2472e97cce542d3a3234cea1152afb84cc03e069883217a715ce",
  "fluent-emoji-flat": "d850c4836d1e96df5588fab48464237a4f89c7fcda73c7bc14fcdb22464d5e0d",
  "fluent-emoji": "68c9aee39b52d5bb66ef68568648a98c76b888624d9638332ceb62e967cfc3fb",
  "fluent-emoji-high-contrast": "62b5ae015cc45f82223a7f9a0b6015d7921cd594fbaaa238d04f958ea4f7f7be",
  emojione: "55771a8cb14e02a753623126501507f3404dca22c892e88ebeeb6e2b4a433743",
  "noto-v1": "17fba0aef5bce45099c4628b78d7cb4cbeb5c0575b8597640b5ca4dafc423b42",
  "emojione-monotone": "7fab0332d8f29ff90d2cec698bc255c977c5b874f213e092bc5d31c0247fc9b9",
  fxemoji: "b2557d090ed64ee7d822469c32fafa159048ee8b9cae99fe22ae4ff2921e0b31",
  "streamline-emojis": "cbb60277a7114f32a6e9332e7deed1ff5c9d946b564f31280b7353a493dd094c",
  openmoji: "b6a4628650b623b4de68ec0602c321a1a00370992281262ec12f993bb22a7e39",
} as const;
