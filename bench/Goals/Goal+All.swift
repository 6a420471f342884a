extension Goal {
  /// Everything that can be measured in virtual time.
  package static let all: [Goal] = detection + accuracy + traffic + repair + stability + coordination

  private static let detection = [
    Goal(
      "crash, N=2: dead everywhere, median", "detect --nodes 2 --runs 100",
      states: "dead_everywhere.p50",
      because: "nobody else can be asked, so the longest window is waited for: three times toleratedFreeze"),
    Goal(
      "crash, N=3: dead everywhere, median", "detect --nodes 3 --runs 100",
      states: "dead_everywhere.p50"),
    Goal(
      "crash, N=4: dead everywhere, median", "detect --nodes 4 --runs 100",
      states: "dead_everywhere.p50"),
    Goal(
      "crash, N=5: dead everywhere, median",
      "detect --nodes 5 --runs 100 --expect dead_everywhere.p50<=2.7"),
    Goal(
      "crash, N=100: dead everywhere, median",
      "detect --nodes 100 --runs 100 --expect dead_everywhere.p50<=2.7"),
    Goal(
      "crash, N=1000: dead everywhere, median",
      "detect --nodes 1000 --runs 100 --expect dead_everywhere.p50<=2.7"),
    Goal(
      "crash, N=5000: dead everywhere, median",
      "detect --nodes 5000 --runs 4 --expect dead_everywhere.p50<=2.7"),
    Goal(
      "crash, N=1000, 5 % loss: dead everywhere, median",
      "detect --nodes 1000 --runs 30 --loss 0.05 --expect dead_everywhere.p50<=2.9"),
    Goal(
      "crash, N=1000, 10 % loss: dead everywhere, median",
      "detect --nodes 1000 --runs 30 --loss 0.1 --expect dead_everywhere.p50<=2.9"),
    Goal(
      "killed process, N=100: dead everywhere, median",
      "detect --nodes 100 --runs 100 --crash killed --expect dead_everywhere.p50<=0.9"),
    Goal(
      "killed process, N=1000: dead everywhere, median",
      "detect --nodes 1000 --runs 30 --crash killed --expect dead_everywhere.p50<=0.9"),
    Goal(
      "crash, N=1000: first suspicion, 99 %",
      "detect --nodes 1000 --runs 100 --expect first_suspect.p99<=1.1"),
  ]

  private static let coordination =
    [5, 100, 1_000].map { nodes in
      Goal(
        "the coordinator crashes, N=\(nodes): next one followed by all, after all hold it dead",
        "coordinator --nodes \(nodes) --runs 30 --expect takeover.max<=0.5")
    } + [
      Goal(
        "the coordinator crashes, N=100, 5 voters: next one followed by all, after all hold it dead",
        "coordinator --nodes 100 --runs 30 --quorum 5 --expect takeover.max<=0.5"),
      Goal(
        "one dies and one joins every 2 s, N=200: share of the time with a coordinator",
        "churn --nodes 200 --runs 2 --duration 300 --expect coordinator_share.mean>=0.99"),
    ]

  private static let accuracy = [
    Goal(
      "25 % loss, N=128: false deaths at healthy members",
      "anomaly --nodes 128 --runs 10 --blocked 0 --loss 0.25 --expect false_deaths_at_healthy_per_node_hour.mean<=0"),
    Goal(
      "blocked I/O, N=128, C=16, D=32 s: false deaths at healthy members",
      "anomaly --nodes 128 --runs 10 --blocked 16 --duration 32 --interval 0.064 "
        + "--expect false_deaths_at_healthy_per_node_hour.mean<=0"),
    Goal(
      "whole network out for 12 s, N=128: false deaths",
      "outage --nodes 128 --runs 10 --duration 12 --expect false_deaths.max<=0"),
    Goal(
      "process pause of 9 s, N=128: survives",
      "pause --nodes 128 --runs 60 --duration 9 --kind process --expect survived.mean>=1"),
  ]

  private static let traffic = [
    Goal(
      "at rest, N=100: bytes per node and second",
      "steady --nodes 100 --runs 3 --expect bytes_per_node_second.mean<=190"),
    Goal(
      "at rest, N=1000: bytes per node and second",
      "steady --nodes 1000 --runs 3 --expect bytes_per_node_second.mean<=190"),
    Goal(
      "at rest, N=5000: bytes per node and second",
      "steady --nodes 5000 --runs 1 --expect bytes_per_node_second.mean<=190"),
    Goal(
      "at rest, N=1000: packets per node and second",
      "steady --nodes 1000 --runs 3 --expect packets_per_node_second.mean<=2.01"),
    Goal(
      "one update, N=1000: last node, median",
      "disseminate --nodes 1000 --runs 30 --expect t100.p50<=0.010"),
    Goal(
      "one update, N=1000: transmissions per member",
      "disseminate --nodes 1000 --runs 30 --expect transmissions_per_member.mean<=1.1"),
    Goal(
      "one update, N=1000, 10 % loss: last node, median",
      "disseminate --nodes 1000 --runs 30 --loss 0.1 --expect t100.p50<=0.120"),
    Goal(
      "one update, N=1000, 10 % loss: transmissions per member",
      "disseminate --nodes 1000 --runs 30 --loss 0.1 --expect transmissions_per_member.mean<=1.5"),
    Goal(
      "20 updates/s, N=1000: bytes per node and second",
      "disseminate --nodes 1000 --runs 2 --rate 20 --duration 10 --expect bytes_per_node_second.mean<=1500"),
  ]

  private static let repair = [
    Goal(
      "1,000 nodes join through one seed: time, median",
      "converge --nodes 1000 --runs 3 --expect time_to_one_view.p50<=5"),
    Goal(
      "1,000 nodes join through one seed: bytes by the seed",
      "converge --nodes 1000 --runs 3 --expect seed_bytes.p50<=800000"),
    Goal(
      "30/70 split for 60 s, N=1000: one view again, median",
      "split --nodes 1000 --runs 3 --duration 60 --expect time_to_one_view.p50<=5"),
  ]

  private static let lossy =
    "a member that loses four in five of what it sends still answers most probes within their four pings, three helpers and TCP, "
    + "any answer ends a suspicion, and its verdict is refuted: it lives, and no other rule judges the quality of a link"

  private static let stability = [
    Goal(
      "10 of 1,000 crash at once: removed",
      "rapid --nodes 1000 --runs 1 --case crash --expect removed.mean==10"),
    Goal(
      "10 of 1,000 crash at once: wrongly removed",
      "rapid --nodes 1000 --runs 1 --case crash --expect wrongly_removed.max<=0"),
    Goal(
      "1 % of 1,000 flap one way for 900 s: removed",
      "rapid --nodes 1000 --runs 1 --case flap --expect removed.mean==10"),
    Goal(
      "1 % of 1,000 flap one way for 900 s: wrongly removed",
      "rapid --nodes 1000 --runs 1 --case flap --expect wrongly_removed.max<=0"),
    Goal(
      "1 % of 1,000 flap one way for 900 s: view changes",
      "rapid --nodes 1000 --runs 1 --case flap --expect view_changes.max<=10"),
    Goal(
      "1 % of 1,000 lose 80 % for 900 s: removed",
      "rapid --nodes 1000 --runs 1 --case loss --expect removed.mean==10",
      because: lossy),
    Goal(
      "1 % of 1,000 lose 80 % for 900 s: wrongly removed",
      "rapid --nodes 1000 --runs 1 --case loss --expect wrongly_removed.max<=0"),
    Goal(
      "1 % of 1,000 lose 80 % for 900 s: view changes",
      "rapid --nodes 1000 --runs 1 --case loss --expect view_changes.max<=10"),
  ]
}
