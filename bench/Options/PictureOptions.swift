import ArgumentParser

/// What is drawn of a command's figures.
struct PictureOptions: ParsableArguments {
  @Option(help: "Draw all charts and tables as one page that stands for itself, into this file; - is standard output.")
  var html: String?

  @Option(help: "Draw the main chart by itself, as SVG, into this file; - is standard output.")
  var svg: String?

  @Flag(help: "Draw a line of blocks under the table also where standard output is no terminal.")
  var sparkline = false

  init() {}

  /// Whether anything has to be kept that pictures are drawn from.
  var isWanted: Bool { html != nil || svg != nil || sparkline }
}
