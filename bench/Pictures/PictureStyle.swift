/// Colours and letters of pages and pictures, for light and dark screens.
enum PictureStyle {
  /// What a single picture needs.
  static let picture = """
    .picture{--ink:#1c2733;--soft:#5b6b7b;--grid:#dfe5ea;--run:#1769aa;--theory:#b3541e;--band:#1769aa;--suspect:#e0a100;\
    --dead:#8c2f39;--ground:#ffffff;font-family:system-ui,sans-serif;font-size:13px}
    @media (prefers-color-scheme:dark){.picture{--ink:#e6ebf0;--soft:#9fb0c0;--grid:#2f3b47;--run:#6bb8f0;--theory:#f0a36b;\
    --band:#6bb8f0;--suspect:#e6b93d;--dead:#e27d88;--ground:#151b21}}
    .picture text{fill:var(--ink)}
    .picture .head{font-size:16px;font-weight:600}
    .picture .note,.picture .tick,.picture .legend{fill:var(--soft)}
    .picture .ground{fill:var(--ground)}
    .picture .grid{stroke:var(--grid);stroke-width:1}
    .picture .axis{stroke:var(--soft);stroke-width:1}
    .picture .run{fill:none;stroke:var(--run);stroke-width:1.6;stroke-linejoin:round}
    .picture .theory{fill:none;stroke:var(--theory);stroke-width:2;stroke-dasharray:7 5}
    .picture .band{fill:var(--band);fill-opacity:.16;stroke:none}
    .picture .mark{stroke:var(--soft);stroke-width:1;stroke-dasharray:2 4}
    .picture .suspect{fill:var(--suspect)}
    .picture .dead{fill:var(--dead)}
    .picture .run-dot{fill:var(--run)}
    .picture .quiet{fill:var(--grid)}
    .picture .whisker{stroke:var(--ink);stroke-width:1.4}
    """

  /// What a page needs besides.
  static let page = """
    :root{color-scheme:light dark}
    body{margin:0 auto;max-width:1200px;padding:24px 20px 40px;font:15px/1.5 system-ui,sans-serif;background:#fff;color:#1c2733}
    h1{font-size:24px;margin:0 0 4px}
    h2{font-size:18px;margin:32px 0 8px}
    p{margin:6px 0}
    code{font:13px/1.5 ui-monospace,monospace;background:#eef2f5;padding:2px 6px;border-radius:4px;overflow-wrap:anywhere}
    svg{display:block;width:100%;height:auto;margin:20px 0}
    table{border-collapse:collapse;font-variant-numeric:tabular-nums}
    th,td{padding:4px 14px 4px 0;text-align:right;border-bottom:1px solid #dfe5ea}
    th:first-child,td:first-child{text-align:left}
    th{font-weight:600}
    .wide{overflow-x:auto}
    @media (prefers-color-scheme:dark){body{background:#151b21;color:#e6ebf0}code{background:#232c35}\
    th,td{border-color:#2f3b47}}
    """
}
