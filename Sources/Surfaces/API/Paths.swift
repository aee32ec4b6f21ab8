/// URL paths of the platform's own API.
public enum PlatformPath {
    /// Everything beneath it belongs to Steward.
    public static let prefix = "/_platform"
    /// Liveness and readiness, for anybody.
    public static let health = "/_platform/health"
    /// What the caller may call.
    public static let routes = "/_platform/routes"
    /// Who is refused for asking too often, for admin keys.
    public static let limits = "/_platform/limits"
    /// Prometheus text format.
    public static let metrics = "/_platform/metrics"
    /// What certbot holds and what uses it, for admin keys.
    public static let certificates = "/_platform/certificates"
    /// How TLSA records stand, and rollovers, for admin keys.
    public static let dane = "/_platform/dane"
    /// GPUs, who holds them and who waits, for any key; tickets of the queue beneath it.
    public static let gpus = "/_platform/gpus"
    /// Kernels and networks on the processor or a GPU, for admin keys unless `compute.access` says otherwise.
    public static let compute = "/_platform/compute"
    /// Read the settings again, for admin keys.
    public static let reload = "/_platform/reload"
    /// Local socket only: look at the keys again.
    public static let reloadKeys = "/_platform/keys/reload"
}
