/// What a zone's scripts may reach: `none`, `outbound`, or a list of destinations.
package enum NetworkRule: Hashable, Sendable {
    /// Nothing: no sockets but connected pairs.
    case none
    /// TCP and UDP to anywhere; nothing listens, no raw sockets, no Unix sockets.
    case outbound
    /// TCP to these, and Unix sockets by path; host names are resolved for the script.
    case only([Destination])

    /// One destination.
    package enum Destination: Hashable, Sendable {
        /// `HOST:PORT`; the host a name or an address.
        case tcp(host: String, port: Int)
        /// `unix:/PATH`
        case unix(path: String)
        /// `outbound`, in a list beside Unix sockets.
        case anywhere
    }
}
