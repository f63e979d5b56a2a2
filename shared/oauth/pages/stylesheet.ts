/** The one stylesheet of the pages; in the page itself, so that a page is one request. */
export const STYLESHEET = `
:root{color-scheme:light dark;--text:#1b2430;--soft:#556070;--page:#eef1f5;--card:#fff;--line:#76808f;--accent:#0b5cad;--on-accent:#fff;--bad:#a3161f;--bad-page:#fdecec;--good:#1a6b34;--good-page:#e8f6ec}
@media (prefers-color-scheme:dark){:root{--text:#e8ecf1;--soft:#aab4c2;--page:#11161d;--card:#1b222c;--line:#8791a0;--accent:#7db7f5;--on-accent:#0b1622;--bad:#ffb1b1;--bad-page:#3a1c1f;--good:#9be0b0;--good-page:#17301f}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:flex;flex-direction:column;align-items:center;background:var(--page);color:var(--text);font:1rem/1.5 system-ui,sans-serif}
header,main,footer{width:100%;max-width:30rem;padding:0 1rem}
header{margin-top:2rem;font-weight:600;color:var(--soft)}
main{margin:1rem 0;padding:1.5rem;background:var(--card);overflow-wrap:anywhere}
footer{margin-bottom:2rem;font-size:.875rem;color:var(--soft)}
@media (min-width:32rem){main{border-radius:.75rem}}
@media (prefers-color-scheme:light){main{box-shadow:0 1px 4px #0003}}
h1{margin:0 0 1rem;font-size:1.5rem;line-height:1.25}
h2{margin:2rem 0 .5rem;font-size:1.125rem}
label{display:block;margin-top:1rem;font-weight:600}
.hint{margin:0;font-size:.875rem;color:var(--soft)}
input{width:100%;margin-top:.25rem;padding:.625rem;font:inherit;color:inherit;background:transparent;border:1px solid var(--line);border-radius:.375rem}
input[aria-invalid=true]{border:2px solid var(--bad)}
button,.button{display:inline-block;margin:1rem .5rem 0 0;padding:.625rem 1.25rem;font:inherit;font-weight:600;text-decoration:none;color:var(--on-accent);background:var(--accent);border:1px solid var(--accent);border-radius:.375rem;cursor:pointer}
.secondary{color:var(--accent);background:transparent}
a{color:var(--accent)}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
[role=alert],[role=status]{margin:0 0 1rem;padding:.75rem 1rem;border-left:.25rem solid;border-radius:.25rem}
[role=alert]{color:var(--bad);background:var(--bad-page)}
[role=status]{color:var(--good);background:var(--good-page)}
.list{margin:0;padding:0;list-style:none}
.list li{padding:.75rem 0;border-top:1px solid var(--line)}
dl{margin:0}
dt{font-size:.875rem;color:var(--soft)}
dd{margin:0 0 .5rem}
hr{margin:1.5rem 0 .5rem;border:0;border-top:1px solid var(--line)}
`;
