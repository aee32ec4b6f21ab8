/// Answer of `GET /_platform/routes`: what this caller may call.
public struct RouteList: Codable, Hashable, Sendable {
    /// By path.
    public var routes: [Route]

    /// A list of routes.
    public init(routes: [Route]) { self.routes = routes }
}

/// One script as its callers see it.
public struct Route: Codable, Hashable, Sendable {
    /// URL path.
    public var path: String
    /// The methods that it answers; nil: all.
    public var methods: [String]?
    /// Prefix of its zone.
    public var zone: String
    /// `main`, `wsgi`, `asgi`, `cgi`; `none` if the file has nothing to call; `broken` if it can't be parsed.
    public var kind: String
    /// First line of its documentation.
    public var doc: String?
    /// Last change, RFC 3339.
    public var changed: String
    /// Why it can't be loaded.
    public var error: String?

    /// A route.
    public init(
        path: String, methods: [String]?, zone: String, kind: String, doc: String?, changed: String, error: String?
    ) {
        self.path = path
        self.methods = methods
        self.zone = zone
        self.kind = kind
        self.doc = doc
        self.changed = changed
        self.error = error
    }
}
