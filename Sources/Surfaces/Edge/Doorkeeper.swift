internal import NIOCore

/// Turns new connections away from a listening socket that still hands out those it has.
enum Doorkeeper {
    /// `struct sock_filter` of linux/filter.h.
    private struct Instruction {
        var code: UInt16
        var whenTrue: UInt8 = 0
        var whenFalse: UInt8 = 0
        var value: UInt32 = 0
    }

    /// `struct sock_fprog` of linux/filter.h.
    private struct Program: @unchecked Sendable {
        var length: UInt16
        var instructions: UnsafeMutablePointer<Instruction>
    }

    private static let socketLevel = NIOBSDSocket.OptionLevel.socket
    /// SO_ATTACH_FILTER, socket(7).
    private static let attachFilter = NIOBSDSocket.Option(rawValue: 26)

    /// Attaches a filter that drops every packet: a connection attempt is not answered, and its client asks again
    /// a second later, when the port is closed and another server may have it. Where the kernel refuses, nothing
    /// is lost but the moment of grace.
    static func close(_ listener: any Channel) {
        guard let provider = listener as? any SocketOptionProvider else { return }
        let instructions = UnsafeMutablePointer<Instruction>.allocate(capacity: 1)
        instructions.initialize(to: Instruction(code: 0x06))  // BPF_RET | BPF_K: accept 0 bytes
        let program = Program(length: 1, instructions: instructions)
        provider.unsafeSetSocketOption(level: socketLevel, name: attachFilter, value: program)
            .whenComplete { _ in program.instructions.deallocate() }
    }
}
