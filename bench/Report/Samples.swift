/// What runs have measured: any number of values for each metric, and how often something awaited did not happen.
package struct Samples: Sendable {
  private var valuesOf: [Metric: [Double]] = [:]
  private var missingOf: [Metric: Int] = [:]

  package init() {}

  package mutating func add(_ metric: Metric, _ value: Double) { valuesOf[metric, default: []].append(value) }

  package mutating func add(_ metric: Metric, _ count: Int) { add(metric, Double(count)) }

  /// In seconds; nil for what did not happen before the scenario's limit.
  package mutating func add(_ metric: Metric, _ duration: Duration?) {
    if let duration { add(metric, duration / .seconds(1)) } else { missingOf[metric, default: 0] += 1 }
  }

  package mutating func append(_ other: Samples) {
    for (metric, values) in other.valuesOf { valuesOf[metric, default: []] += values }
    for (metric, count) in other.missingOf { missingOf[metric, default: 0] += count }
  }

  package func statistics(of metric: Metric) -> Statistics {
    Statistics(of: valuesOf[metric] ?? [], missing: missingOf[metric] ?? 0)
  }
}
