import Glibc

/// A thread for hours of computing, which the pool of Swift's tasks must not lend.
struct TrainingThread {
    private final class Body {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    private let body: Body

    init(_ body: @escaping @Sendable () -> Void) { self.body = Body(body) }

    /// Starts it; what went wrong if it can't be.
    func start() -> TrainingError? {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        pthread_attr_setstacksize(&attributes, 8 << 20)
        defer { pthread_attr_destroy(&attributes) }
        var thread = pthread_t()
        let context = Unmanaged.passRetained(body)
        let code = pthread_create(
            &thread, &attributes,
            { context in
                Unmanaged<Body>.fromOpaque(context!).takeRetainedValue().run()
                return nil
            }, context.toOpaque())
        guard code != 0 else { return nil }
        context.release()
        return TrainingError(
            .device, "No thread could be started (\(String(cString: strerror(code)))): raise its limit.")
    }
}
