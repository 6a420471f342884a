// Members, identities and configuration are part of what `import ShoalSimulator` gives.
@_exported public import ShoalCore
