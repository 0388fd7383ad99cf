/* gate_entities.c - named entities of HTML that are letters, blanks, or what other encodings are made of. Names are sorted. */
#include <string.h>

#include "vault/release/gate_priv.h"

struct entity { const char *name; int32_t cp; };

static const struct entity ENTITIES[] = {
    { "AElig", 0xC6 }, { "Aacute", 0xC1 }, { "Abreve", 0x102 }, { "Acirc", 0xC2 }, { "Acy", 0x410 }, { "Afr", 0x1D504 },
    { "Agrave", 0xC0 }, { "Alpha", 0x391 }, { "Amacr", 0x100 }, { "Aogon", 0x104 }, { "Aopf", 0x1D538 }, { "Aring", 0xC5 },
    { "Ascr", 0x1D49C }, { "Atilde", 0xC3 }, { "Auml", 0xC4 }, { "Bcy", 0x411 }, { "Bernoullis", 0x212C }, { "Beta", 0x392 },
    { "Bfr", 0x1D505 }, { "Bopf", 0x1D539 }, { "Bscr", 0x212C }, { "CHcy", 0x427 }, { "Cacute", 0x106 },
    { "CapitalDifferentialD", 0x2145 }, { "Cayleys", 0x212D }, { "Ccaron", 0x10C }, { "Ccedil", 0xC7 }, { "Ccirc", 0x108 },
    { "Cdot", 0x10A }, { "Cfr", 0x212D }, { "Chi", 0x3A7 }, { "Copf", 0x2102 }, { "Cscr", 0x1D49E }, { "DD", 0x2145 },
    { "DJcy", 0x402 }, { "DScy", 0x405 }, { "DZcy", 0x40F }, { "Dcaron", 0x10E }, { "Dcy", 0x414 }, { "Delta", 0x394 },
    { "Dfr", 0x1D507 }, { "DifferentialD", 0x2146 }, { "Dopf", 0x1D53B }, { "DotDot", 0x20DC }, { "DownBreve", 0x311 },
    { "Dscr", 0x1D49F }, { "Dstrok", 0x110 }, { "ENG", 0x14A }, { "ETH", 0xD0 }, { "Eacute", 0xC9 }, { "Ecaron", 0x11A },
    { "Ecirc", 0xCA }, { "Ecy", 0x42D }, { "Edot", 0x116 }, { "Efr", 0x1D508 }, { "Egrave", 0xC8 }, { "Emacr", 0x112 },
    { "Eogon", 0x118 }, { "Eopf", 0x1D53C }, { "Epsilon", 0x395 }, { "Escr", 0x2130 }, { "Eta", 0x397 }, { "Euml", 0xCB },
    { "ExponentialE", 0x2147 }, { "Fcy", 0x424 }, { "Ffr", 0x1D509 }, { "Fopf", 0x1D53D }, { "Fouriertrf", 0x2131 },
    { "Fscr", 0x2131 }, { "GJcy", 0x403 }, { "Gamma", 0x393 }, { "Gammad", 0x3DC }, { "Gbreve", 0x11E }, { "Gcedil", 0x122 },
    { "Gcirc", 0x11C }, { "Gcy", 0x413 }, { "Gdot", 0x120 }, { "Gfr", 0x1D50A }, { "Gopf", 0x1D53E }, { "Gscr", 0x1D4A2 },
    { "HARDcy", 0x42A }, { "Hacek", 0x2C7 }, { "Hat", 0x5E }, { "Hcirc", 0x124 }, { "Hfr", 0x210C }, { "HilbertSpace", 0x210B },
    { "Hopf", 0x210D }, { "Hscr", 0x210B }, { "Hstrok", 0x126 }, { "IEcy", 0x415 }, { "IJlig", 0x132 }, { "IOcy", 0x401 },
    { "Iacute", 0xCD }, { "Icirc", 0xCE }, { "Icy", 0x418 }, { "Idot", 0x130 }, { "Ifr", 0x2111 }, { "Igrave", 0xCC },
    { "Im", 0x2111 }, { "Imacr", 0x12A }, { "ImaginaryI", 0x2148 }, { "Iogon", 0x12E }, { "Iopf", 0x1D540 }, { "Iota", 0x399 },
    { "Iscr", 0x2110 }, { "Itilde", 0x128 }, { "Iukcy", 0x406 }, { "Iuml", 0xCF }, { "Jcirc", 0x134 }, { "Jcy", 0x419 },
    { "Jfr", 0x1D50D }, { "Jopf", 0x1D541 }, { "Jscr", 0x1D4A5 }, { "Jsercy", 0x408 }, { "Jukcy", 0x404 }, { "KHcy", 0x425 },
    { "KJcy", 0x40C }, { "Kappa", 0x39A }, { "Kcedil", 0x136 }, { "Kcy", 0x41A }, { "Kfr", 0x1D50E }, { "Kopf", 0x1D542 },
    { "Kscr", 0x1D4A6 }, { "LJcy", 0x409 }, { "Lacute", 0x139 }, { "Lambda", 0x39B }, { "Laplacetrf", 0x2112 },
    { "Lcaron", 0x13D }, { "Lcedil", 0x13B }, { "Lcy", 0x41B }, { "Lfr", 0x1D50F }, { "Lmidot", 0x13F }, { "Lopf", 0x1D543 },
    { "Lscr", 0x2112 }, { "Lstrok", 0x141 }, { "Mcy", 0x41C }, { "MediumSpace", 0x205F }, { "Mellintrf", 0x2133 },
    { "Mfr", 0x1D510 }, { "Mopf", 0x1D544 }, { "Mscr", 0x2133 }, { "Mu", 0x39C }, { "NJcy", 0x40A }, { "Nacute", 0x143 },
    { "Ncaron", 0x147 }, { "Ncedil", 0x145 }, { "Ncy", 0x41D }, { "NewLine", 0xA }, { "Nfr", 0x1D511 }, { "NoBreak", 0x2060 },
    { "NonBreakingSpace", 0xA0 }, { "Nopf", 0x2115 }, { "Nscr", 0x1D4A9 }, { "Ntilde", 0xD1 }, { "Nu", 0x39D },
    { "OElig", 0x152 }, { "Oacute", 0xD3 }, { "Ocirc", 0xD4 }, { "Ocy", 0x41E }, { "Odblac", 0x150 }, { "Ofr", 0x1D512 },
    { "Ograve", 0xD2 }, { "Omacr", 0x14C }, { "Omega", 0x3A9 }, { "Omicron", 0x39F }, { "Oopf", 0x1D546 }, { "Oscr", 0x1D4AA },
    { "Oslash", 0xD8 }, { "Otilde", 0xD5 }, { "Ouml", 0xD6 }, { "Pcy", 0x41F }, { "Pfr", 0x1D513 }, { "Phi", 0x3A6 },
    { "Pi", 0x3A0 }, { "Poincareplane", 0x210C }, { "Popf", 0x2119 }, { "Pscr", 0x1D4AB }, { "Psi", 0x3A8 }, { "Qfr", 0x1D514 },
    { "Qopf", 0x211A }, { "Qscr", 0x1D4AC }, { "Racute", 0x154 }, { "Rcaron", 0x158 }, { "Rcedil", 0x156 }, { "Rcy", 0x420 },
    { "Re", 0x211C }, { "Rfr", 0x211C }, { "Rho", 0x3A1 }, { "Ropf", 0x211D }, { "Rscr", 0x211B }, { "SHCHcy", 0x429 },
    { "SHcy", 0x428 }, { "SOFTcy", 0x42C }, { "Sacute", 0x15A }, { "Scaron", 0x160 }, { "Scedil", 0x15E }, { "Scirc", 0x15C },
    { "Scy", 0x421 }, { "Sfr", 0x1D516 }, { "Sigma", 0x3A3 }, { "Sopf", 0x1D54A }, { "Sscr", 0x1D4AE }, { "THORN", 0xDE },
    { "TSHcy", 0x40B }, { "TScy", 0x426 }, { "Tab", 0x9 }, { "Tau", 0x3A4 }, { "Tcaron", 0x164 }, { "Tcedil", 0x162 },
    { "Tcy", 0x422 }, { "Tfr", 0x1D517 }, { "Theta", 0x398 }, { "ThinSpace", 0x2009 }, { "Topf", 0x1D54B },
    { "TripleDot", 0x20DB }, { "Tscr", 0x1D4AF }, { "Tstrok", 0x166 }, { "Uacute", 0xDA }, { "Ubrcy", 0x40E },
    { "Ubreve", 0x16C }, { "Ucirc", 0xDB }, { "Ucy", 0x423 }, { "Udblac", 0x170 }, { "Ufr", 0x1D518 }, { "Ugrave", 0xD9 },
    { "Umacr", 0x16A }, { "UnderBar", 0x5F }, { "Uogon", 0x172 }, { "Uopf", 0x1D54C }, { "Upsi", 0x3D2 }, { "Upsilon", 0x3A5 },
    { "Uring", 0x16E }, { "Uscr", 0x1D4B0 }, { "Utilde", 0x168 }, { "Uuml", 0xDC }, { "Vcy", 0x412 },
    { "VeryThinSpace", 0x200A }, { "Vfr", 0x1D519 }, { "Vopf", 0x1D54D }, { "Vscr", 0x1D4B1 }, { "Wcirc", 0x174 },
    { "Wfr", 0x1D51A }, { "Wopf", 0x1D54E }, { "Wscr", 0x1D4B2 }, { "Xfr", 0x1D51B }, { "Xi", 0x39E }, { "Xopf", 0x1D54F },
    { "Xscr", 0x1D4B3 }, { "YAcy", 0x42F }, { "YIcy", 0x407 }, { "YUcy", 0x42E }, { "Yacute", 0xDD }, { "Ycirc", 0x176 },
    { "Ycy", 0x42B }, { "Yfr", 0x1D51C }, { "Yopf", 0x1D550 }, { "Yscr", 0x1D4B4 }, { "Yuml", 0x178 }, { "ZHcy", 0x416 },
    { "Zacute", 0x179 }, { "Zcaron", 0x17D }, { "Zcy", 0x417 }, { "Zdot", 0x17B }, { "ZeroWidthSpace", 0x200B },
    { "Zeta", 0x396 }, { "Zfr", 0x2128 }, { "Zopf", 0x2124 }, { "Zscr", 0x1D4B5 }, { "aacute", 0xE1 }, { "abreve", 0x103 },
    { "acirc", 0xE2 }, { "acy", 0x430 }, { "aelig", 0xE6 }, { "afr", 0x1D51E }, { "agrave", 0xE0 }, { "alefsym", 0x2135 },
    { "aleph", 0x2135 }, { "alpha", 0x3B1 }, { "amacr", 0x101 }, { "amp", 0x26 }, { "angst", 0xC5 }, { "aogon", 0x105 },
    { "aopf", 0x1D552 }, { "apos", 0x27 }, { "aring", 0xE5 }, { "ascr", 0x1D4B6 }, { "ast", 0x2A }, { "atilde", 0xE3 },
    { "auml", 0xE4 }, { "bcy", 0x431 }, { "bernou", 0x212C }, { "beta", 0x3B2 }, { "beth", 0x2136 }, { "bfr", 0x1D51F },
    { "bopf", 0x1D553 }, { "bscr", 0x1D4B7 }, { "bsol", 0x5C }, { "cacute", 0x107 }, { "caron", 0x2C7 }, { "ccaron", 0x10D },
    { "ccedil", 0xE7 }, { "ccirc", 0x109 }, { "cdot", 0x10B }, { "cfr", 0x1D520 }, { "chcy", 0x447 }, { "chi", 0x3C7 },
    { "circ", 0x2C6 }, { "colon", 0x3A }, { "comma", 0x2C }, { "commat", 0x40 }, { "complexes", 0x2102 }, { "copf", 0x1D554 },
    { "cscr", 0x1D4B8 }, { "daleth", 0x2138 }, { "dash", 0x2010 }, { "dcaron", 0x10F }, { "dcy", 0x434 }, { "dd", 0x2146 },
    { "delta", 0x3B4 }, { "dfr", 0x1D521 }, { "digamma", 0x3DD }, { "djcy", 0x452 }, { "dollar", 0x24 }, { "dopf", 0x1D555 },
    { "dscr", 0x1D4B9 }, { "dscy", 0x455 }, { "dstrok", 0x111 }, { "dzcy", 0x45F }, { "eacute", 0xE9 }, { "ecaron", 0x11B },
    { "ecirc", 0xEA }, { "ecy", 0x44D }, { "edot", 0x117 }, { "ee", 0x2147 }, { "efr", 0x1D522 }, { "egrave", 0xE8 },
    { "ell", 0x2113 }, { "emacr", 0x113 }, { "emsp", 0x2003 }, { "emsp13", 0x2004 }, { "emsp14", 0x2005 }, { "eng", 0x14B },
    { "ensp", 0x2002 }, { "eogon", 0x119 }, { "eopf", 0x1D556 }, { "epsi", 0x3B5 }, { "epsilon", 0x3B5 }, { "epsiv", 0x3F5 },
    { "equals", 0x3D }, { "escr", 0x212F }, { "eta", 0x3B7 }, { "eth", 0xF0 }, { "euml", 0xEB }, { "excl", 0x21 },
    { "expectation", 0x2130 }, { "exponentiale", 0x2147 }, { "fcy", 0x444 }, { "ffilig", 0xFB03 }, { "fflig", 0xFB00 },
    { "ffllig", 0xFB04 }, { "ffr", 0x1D523 }, { "filig", 0xFB01 }, { "fllig", 0xFB02 }, { "fnof", 0x192 }, { "fopf", 0x1D557 },
    { "fscr", 0x1D4BB }, { "gacute", 0x1F5 }, { "gamma", 0x3B3 }, { "gammad", 0x3DD }, { "gbreve", 0x11F }, { "gcirc", 0x11D },
    { "gcy", 0x433 }, { "gdot", 0x121 }, { "gfr", 0x1D524 }, { "gimel", 0x2137 }, { "gjcy", 0x453 }, { "gopf", 0x1D558 },
    { "grave", 0x60 }, { "gscr", 0x210A }, { "gt", 0x3E }, { "hairsp", 0x200A }, { "hamilt", 0x210B }, { "hardcy", 0x44A },
    { "hbar", 0x210F }, { "hcirc", 0x125 }, { "hfr", 0x1D525 }, { "hopf", 0x1D559 }, { "hscr", 0x1D4BD }, { "hslash", 0x210F },
    { "hstrok", 0x127 }, { "hyphen", 0x2010 }, { "iacute", 0xED }, { "icirc", 0xEE }, { "icy", 0x438 }, { "iecy", 0x435 },
    { "ifr", 0x1D526 }, { "igrave", 0xEC }, { "ii", 0x2148 }, { "ijlig", 0x133 }, { "imacr", 0x12B }, { "image", 0x2111 },
    { "imagline", 0x2110 }, { "imagpart", 0x2111 }, { "imath", 0x131 }, { "imped", 0x1B5 }, { "inodot", 0x131 },
    { "integers", 0x2124 }, { "iocy", 0x451 }, { "iogon", 0x12F }, { "iopf", 0x1D55A }, { "iota", 0x3B9 }, { "iscr", 0x1D4BE },
    { "itilde", 0x129 }, { "iukcy", 0x456 }, { "iuml", 0xEF }, { "jcirc", 0x135 }, { "jcy", 0x439 }, { "jfr", 0x1D527 },
    { "jmath", 0x237 }, { "jopf", 0x1D55B }, { "jscr", 0x1D4BF }, { "jsercy", 0x458 }, { "jukcy", 0x454 }, { "kappa", 0x3BA },
    { "kappav", 0x3F0 }, { "kcedil", 0x137 }, { "kcy", 0x43A }, { "kfr", 0x1D528 }, { "kgreen", 0x138 }, { "khcy", 0x445 },
    { "kjcy", 0x45C }, { "kopf", 0x1D55C }, { "kscr", 0x1D4C0 }, { "lacute", 0x13A }, { "lagran", 0x2112 }, { "lambda", 0x3BB },
    { "lcaron", 0x13E }, { "lcedil", 0x13C }, { "lcub", 0x7B }, { "lcy", 0x43B }, { "lfr", 0x1D529 }, { "ljcy", 0x459 },
    { "lmidot", 0x140 }, { "lopf", 0x1D55D }, { "lowbar", 0x5F }, { "lpar", 0x28 }, { "lrm", 0x200E }, { "lscr", 0x1D4C1 },
    { "lsqb", 0x5B }, { "lsquo", 0x2018 }, { "lstrok", 0x142 }, { "lt", 0x3C }, { "mcy", 0x43C }, { "mdash", 0x2014 },
    { "mfr", 0x1D52A }, { "micro", 0xB5 }, { "mopf", 0x1D55E }, { "mscr", 0x1D4C2 }, { "mu", 0x3BC }, { "nacute", 0x144 },
    { "napos", 0x149 }, { "naturals", 0x2115 }, { "nbsp", 0xA0 }, { "ncaron", 0x148 }, { "ncedil", 0x146 }, { "ncy", 0x43D },
    { "ndash", 0x2013 }, { "nfr", 0x1D52B }, { "njcy", 0x45A }, { "nopf", 0x1D55F }, { "nscr", 0x1D4C3 }, { "ntilde", 0xF1 },
    { "nu", 0x3BD }, { "num", 0x23 }, { "numsp", 0x2007 }, { "oacute", 0xF3 }, { "ocirc", 0xF4 }, { "ocy", 0x43E },
    { "odblac", 0x151 }, { "oelig", 0x153 }, { "ofr", 0x1D52C }, { "ograve", 0xF2 }, { "ohm", 0x3A9 }, { "omacr", 0x14D },
    { "omega", 0x3C9 }, { "omicron", 0x3BF }, { "oopf", 0x1D560 }, { "order", 0x2134 }, { "orderof", 0x2134 }, { "ordf", 0xAA },
    { "ordm", 0xBA }, { "oscr", 0x2134 }, { "oslash", 0xF8 }, { "otilde", 0xF5 }, { "ouml", 0xF6 }, { "pcy", 0x43F },
    { "percnt", 0x25 }, { "period", 0x2E }, { "pfr", 0x1D52D }, { "phi", 0x3C6 }, { "phiv", 0x3D5 }, { "phmmat", 0x2133 },
    { "pi", 0x3C0 }, { "piv", 0x3D6 }, { "planck", 0x210F }, { "planckh", 0x210E }, { "plankv", 0x210F }, { "plus", 0x2B },
    { "popf", 0x1D561 }, { "primes", 0x2119 }, { "pscr", 0x1D4C5 }, { "psi", 0x3C8 }, { "puncsp", 0x2008 }, { "qfr", 0x1D52E },
    { "qopf", 0x1D562 }, { "qscr", 0x1D4C6 }, { "quaternions", 0x210D }, { "quest", 0x3F }, { "quot", 0x22 },
    { "racute", 0x155 }, { "rationals", 0x211A }, { "rcaron", 0x159 }, { "rcedil", 0x157 }, { "rcub", 0x7D }, { "rcy", 0x440 },
    { "real", 0x211C }, { "realine", 0x211B }, { "realpart", 0x211C }, { "reals", 0x211D }, { "rfr", 0x1D52F },
    { "rho", 0x3C1 }, { "rhov", 0x3F1 }, { "rlm", 0x200F }, { "ropf", 0x1D563 }, { "rpar", 0x29 }, { "rscr", 0x1D4C7 },
    { "rsqb", 0x5D }, { "rsquo", 0x2019 }, { "sacute", 0x15B }, { "scaron", 0x161 }, { "scedil", 0x15F }, { "scirc", 0x15D },
    { "scy", 0x441 }, { "semi", 0x3B }, { "sfr", 0x1D530 }, { "shchcy", 0x449 }, { "shcy", 0x448 }, { "shy", 0xAD },
    { "sigma", 0x3C3 }, { "sigmaf", 0x3C2 }, { "sigmav", 0x3C2 }, { "softcy", 0x44C }, { "sol", 0x2F }, { "sopf", 0x1D564 },
    { "sscr", 0x1D4C8 }, { "straightepsilon", 0x3F5 }, { "straightphi", 0x3D5 }, { "szlig", 0xDF }, { "tau", 0x3C4 },
    { "tcaron", 0x165 }, { "tcedil", 0x163 }, { "tcy", 0x442 }, { "tdot", 0x20DB }, { "tfr", 0x1D531 }, { "theta", 0x3B8 },
    { "thetasym", 0x3D1 }, { "thetav", 0x3D1 }, { "thinsp", 0x2009 }, { "thorn", 0xFE }, { "topf", 0x1D565 },
    { "tscr", 0x1D4C9 }, { "tscy", 0x446 }, { "tshcy", 0x45B }, { "tstrok", 0x167 }, { "uacute", 0xFA }, { "ubrcy", 0x45E },
    { "ubreve", 0x16D }, { "ucirc", 0xFB }, { "ucy", 0x443 }, { "udblac", 0x171 }, { "ufr", 0x1D532 }, { "ugrave", 0xF9 },
    { "umacr", 0x16B }, { "uogon", 0x173 }, { "uopf", 0x1D566 }, { "upsi", 0x3C5 }, { "upsih", 0x3D2 }, { "upsilon", 0x3C5 },
    { "uring", 0x16F }, { "uscr", 0x1D4CA }, { "utilde", 0x169 }, { "uuml", 0xFC }, { "varepsilon", 0x3F5 },
    { "varkappa", 0x3F0 }, { "varphi", 0x3D5 }, { "varpi", 0x3D6 }, { "varrho", 0x3F1 }, { "varsigma", 0x3C2 },
    { "vartheta", 0x3D1 }, { "vcy", 0x432 }, { "vert", 0x7C }, { "vfr", 0x1D533 }, { "vopf", 0x1D567 }, { "vscr", 0x1D4CB },
    { "wcirc", 0x175 }, { "wfr", 0x1D534 }, { "wopf", 0x1D568 }, { "wscr", 0x1D4CC }, { "xfr", 0x1D535 }, { "xi", 0x3BE },
    { "xopf", 0x1D569 }, { "xscr", 0x1D4CD }, { "yacute", 0xFD }, { "yacy", 0x44F }, { "ycirc", 0x177 }, { "ycy", 0x44B },
    { "yfr", 0x1D536 }, { "yicy", 0x457 }, { "yopf", 0x1D56A }, { "yscr", 0x1D4CE }, { "yucy", 0x44E }, { "yuml", 0xFF },
    { "zacute", 0x17A }, { "zcaron", 0x17E }, { "zcy", 0x437 }, { "zdot", 0x17C }, { "zeetrf", 0x2128 }, { "zeta", 0x3B6 },
    { "zfr", 0x1D537 }, { "zhcy", 0x436 }, { "zopf", 0x1D56B }, { "zscr", 0x1D4CF }, { "zwj", 0x200D }, { "zwnj", 0x200C },
};

#define COUNT (sizeof ENTITIES / sizeof ENTITIES[0])

static const struct entity *
find(const uint8_t *p, size_t n)
{
    size_t low = 0, high = COUNT;

    while (low < high) {
        size_t middle = low + (high - low) / 2, len = strlen(ENTITIES[middle].name);
        int order = memcmp(ENTITIES[middle].name, p, len < n ? len : n);
        if (order == 0 && len == n)
            return &ENTITIES[middle];
        if (order < 0 || (order == 0 && len < n))
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* The longest that fits: browsers take some without the semicolon, with letters behind them. */
int32_t
entity_code(const uint8_t *p, size_t n, size_t *used)
{
    size_t len = 0;

    while (len < n && len < 32 && ((p[len] >= 'a' && p[len] <= 'z') || (p[len] >= 'A' && p[len] <= 'Z') || (p[len] >= '0' && p[len] <= '9')))
        len++;
    for (; len >= 2; len--) {
        const struct entity *e = find(p, len);
        if (e != NULL) {
            *used = len;
            return e->cp;
        }
    }
    *used = 0;
    return 0;
}
