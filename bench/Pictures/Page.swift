/// One page that stands for itself: nothing in it comes from elsewhere. It is HTML and well-formed XML at once.
package struct Page: Sendable {
  package enum Section: Sendable {
    case heading(String)
    case paragraph(String)
    /// A command, as it is typed.
    case command(String)
    case picture(Markup)
    case table([[String]])
  }

  package let title: String
  package var sections: [Section]

  package init(title: String, sections: [Section] = []) {
    self.title = title
    self.sections = sections
  }

  package var text: String {
    var markup = Markup()
    markup.element("html", ["xmlns": "http://www.w3.org/1999/xhtml", "lang": "en"]) { html in
      html.newline()
      html.element("head") { head in
        head.empty("meta", ["charset": "utf-8"])
        head.empty("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"])
        head.element("title", text: title)
        head.element("style", text: PictureStyle.page)
      }
      html.newline()
      html.element("body") { body in
        body.element("h1", text: title)
        for section in sections {
          body.newline()
          Self.add(section, to: &body)
        }
      }
      html.newline()
    }
    return "<!DOCTYPE html>\n\(markup.text)\n"
  }

  private static func add(_ section: Section, to body: inout Markup) {
    switch section {
    case .heading(let text): body.element("h2", text: text)
    case .paragraph(let text): body.element("p", text: text)
    case .command(let text): body.element("p") { $0.element("code", text: text) }
    case .picture(let svg): body.add(markup: svg)
    case .table(let rows): add(table: rows, to: &body)
    }
  }

  private static func add(table rows: [[String]], to body: inout Markup) {
    body.element("div", ["class": "wide"]) { wide in
      wide.element("table") { table in
        for (number, row) in rows.enumerated() {
          table.element("tr") { line in
            for cell in row { line.element(number == 0 ? "th" : "td", text: cell) }
          }
          table.newline()
        }
      }
    }
  }
}
