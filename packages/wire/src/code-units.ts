// The code units that the format is made of. In a file without imports, so that bundlers put the numbers where they are used.

export const LF = 0x0a;
export const SPACE = 0x20;
export const COLON = 0x3a;
export const BOM = 0xfeff;
