/// One picture of what a command measured.
package enum Chart: Sendable {
  case lines(LineChart)
  case timeline(TimelineChart)
  case ratios(RatioChart)

  /// As an element that stands for itself.
  package var svg: Markup {
    switch self {
    case .lines(let chart): chart.svg
    case .timeline(let chart): chart.svg
    case .ratios(let chart): chart.svg
    }
  }

  package var title: String {
    switch self {
    case .lines(let chart): chart.title
    case .timeline(let chart): chart.title
    case .ratios(let chart): chart.title
    }
  }
}
