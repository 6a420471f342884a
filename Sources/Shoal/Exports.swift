// Members, identities, endpoints and configuration are part of what `import Shoal` gives.
@_exported public import ShoalCore
@_exported public import struct ShoalSecurity.ClusterKey
