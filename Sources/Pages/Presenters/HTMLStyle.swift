/// The style of a page.
enum HTMLStyle {
    /// Light and dark by the reader's setting; on paper always light. Text against its ground has a contrast of 4.5 and
    /// more, marks of 3 and more.
    static let css = """
        :root{color-scheme:light dark;--ground:#f6f7f9;--card:#fff;--ink:#1b2027;--soft:#565f6b;--line:#d8dce2;--grid:#e7eaee;
        --a:#1a5fb4;--b:#b3400d;--bad:#b3261e;--good:#1c6b37;--open:#7a5200;--bar:#8a4a9e;--tint:#eef2f8}
        @media (prefers-color-scheme:dark){:root{--ground:#12151a;--card:#1b2027;--ink:#e8ebef;--soft:#a7b0bc;--line:#363d47;
        --grid:#2a3039;--a:#74b0ff;--b:#ffa873;--bad:#ff8f86;--good:#7fd699;--open:#e6bd5c;--bar:#d3a0e4;--tint:#232a34}}
        *{box-sizing:border-box}
        body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
        header,main,footer{max-width:60rem;margin:0 auto;padding:0 1rem}
        header{padding-top:1.6rem}
        h1{font-size:1.9rem;line-height:1.2;margin:.1rem 0 .7rem;overflow-wrap:anywhere}
        h2{font-size:1.2rem;margin:0 0 .5rem}h3{font-size:1rem;margin:1.2rem 0 .2rem}
        .subject{margin:0;color:var(--soft)}
        .verdict{display:inline-block;margin:0 0 .4rem;padding:.3rem .9rem .3rem .5rem;border:2px solid;border-radius:.5rem;font-size:1.15rem}
        .sign{display:inline-block;width:1.5em;text-align:center;font-weight:700}
        .good{color:var(--good)}.bad{color:var(--bad)}.open{color:var(--open);border-style:dashed}
        .lead{margin:.3rem 0 1rem;max-width:48rem;overflow-wrap:anywhere}
        nav ul{display:flex;flex-wrap:wrap;gap:.3rem .5rem;list-style:none;margin:0 0 1.2rem;padding:0}
        nav a{display:block;padding:.15rem .6rem;border:1px solid var(--line);border-radius:1rem;background:var(--card);font-size:.9rem}
        a{color:var(--a)}a:focus-visible,summary:focus-visible,.scroll:focus-visible{outline:2px solid var(--a);outline-offset:2px}
        .skip{position:absolute;left:-100rem}.skip:focus{left:1rem;top:.5rem;background:var(--card);padding:.3rem .6rem}
        section{background:var(--card);border:1px solid var(--line);border-radius:.7rem;padding:1rem 1.1rem;margin:0 0 1rem}
        section.unchecked,section.missing{border-left:.35rem solid var(--open)}
        section.missing h2{display:inline;margin-right:.6rem}section.missing p{display:inline}
        .unchecked ul{margin:0;padding-left:1.2rem}.says p{margin:.15rem 0;overflow-wrap:anywhere;max-width:50rem}
        figure{margin:.8rem 0 0}figcaption,.note,.legend{color:var(--soft);font-size:.875rem;margin:.3rem 0 0}
        .legend span{display:inline-flex;align-items:center;gap:.35rem;margin-right:1rem;white-space:nowrap}
        .scroll{overflow-x:auto}.scroll>svg{display:block;width:100%;min-width:42rem;height:auto}
        .figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(17rem,1fr));gap:0 1.2rem}.figures .scroll>svg{min-width:16rem}
        svg.key{width:34px;height:12px;flex:none}svg text{font:12px system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;fill:var(--soft);font-variant-numeric:tabular-nums}
        svg text.strong{fill:var(--bad);font-weight:600}
        path{fill:none}.distances rect{fill:var(--b)}.distances line{stroke:var(--soft)}.distances .scroll>svg{width:auto;min-width:0}table.heat{font-size:.85rem}table.heat thead .n{white-space:normal}table.heat th,table.heat td{padding:.2rem .4rem}.grid{stroke:var(--grid)}.axis{stroke:var(--soft)}.base{stroke:var(--soft);stroke-dasharray:2 4}
        .curve{stroke-width:2;stroke-linejoin:round}.curve.solid{stroke:var(--a);stroke-width:2.4}.curve.dashed{stroke:var(--b);stroke-dasharray:7 5}
        .dot.solid{fill:var(--a)}.dot.dashed{fill:none;stroke:var(--b);stroke-width:2}
        .bars{stroke:var(--bar)}.fill{fill:var(--a)}.heat{fill:var(--b)}.silent{fill:var(--bar)}
        .marker{stroke:var(--bad);stroke-dasharray:5 4}.cross{stroke:var(--bad);stroke-width:2.2}.ring{stroke:var(--good);stroke-width:1.6}.dash{stroke:var(--soft);stroke-width:2}
        details{margin-top:.8rem}summary{cursor:pointer;color:var(--a)}
        table{border-collapse:collapse;font-size:.9rem;margin-top:.4rem}th,td{padding:.2rem .7rem;text-align:left;vertical-align:top;border-bottom:1px solid var(--line)}
        th{font-weight:600}.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
        .exhibits{display:grid;grid-template-columns:repeat(auto-fill,minmax(18rem,1fr));gap:1rem;margin-top:1rem}
        .exhibit{background:var(--tint);border-radius:.5rem;padding:.6rem .7rem}.exhibit p{margin:.1rem 0 .5rem;font-size:.9rem;overflow-wrap:anywhere}
        .pictures{display:grid;grid-template-columns:repeat(auto-fit,minmax(4rem,1fr));gap:.5rem}
        .picture{margin:0}.picture img{width:100%;max-width:9rem;height:auto;image-rendering:pixelated;border:1px solid var(--line);border-radius:.25rem;display:block}
        .picture figcaption{font-size:.8rem;line-height:1.3;overflow-wrap:anywhere}
        .card{margin:.2rem 0 0}.card div{display:grid;grid-template-columns:minmax(9rem,15rem) 1fr;gap:.6rem;padding:.15rem 0;border-bottom:1px solid var(--grid)}
        .card dt{color:var(--soft)}.card dd{margin:0;min-width:0}section h3::first-letter{text-transform:uppercase}
        code{font:.86em/1.4 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}.card code{user-select:all;-webkit-user-select:all}
        footer{color:var(--soft);font-size:.875rem;padding-bottom:2rem}
        @media (max-width:34rem){.card div{grid-template-columns:1fr;gap:0}section{padding:.8rem}h1{font-size:1.5rem}.exhibits{grid-template-columns:1fr}}
        @media print{:root{color-scheme:light;--ground:#fff;--card:#fff;--ink:#000;--soft:#444;--line:#bbb;--grid:#ddd;--a:#1a5fb4;--b:#b3400d;--bad:#b3261e;
        --good:#1c6b37;--open:#7a5200;--bar:#8a4a9e;--tint:#fff}nav,.skip,details:not([open]){display:none}html{font-size:11px}body{font-size:1rem}.says{break-after:avoid}
        section{break-inside:auto;border-color:#bbb}figure,.exhibit,.card div{break-inside:avoid}h2,h3{break-after:avoid}.scroll{overflow:visible}.scroll>svg{min-width:0}
        *{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
        """
}
