import Crypto

/// Signing and verifying messages with a shared secret (RFC 8945). Time is a parameter: seconds since 1970.
package enum TSIG {
    /// By how many seconds the clocks may differ (RFC 8945, section 10).
    package static let fudge: UInt16 = 300

    /// A signed message.
    package struct Signed: Hashable, Sendable {
        /// As sent.
        package var bytes: [UInt8]
        /// Its MAC; the answer's signature covers it.
        package var mac: [UInt8]
    }

    /// `message` with a TSIG at its end, made at `time`.
    package static func sign(
        _ message: Message, key: TSIGKey, at time: UInt64, fudge: UInt16 = fudge
    ) -> Signed {
        var bytes = message.encoded
        var tsig = TSIGRecord(key: key, time: time, fudge: fudge, id: message.id)
        tsig.mac = code([bytes, tsig.variables], key)
        raiseAdditional(&bytes)
        var writer = WireWriter()
        tsig.record.write(&writer)
        return Signed(bytes: bytes + writer.bytes, mac: tsig.mac)
    }

    /// The answer in `bytes` to a request whose MAC was `requestMAC`, if `key` signed it at about `time`
    /// (RFC 8945, section 5.3).
    ///
    /// - Throws: what is wrong with it, as the reason and the words of a `DNSFailure`.
    package static func verify(
        answer bytes: [UInt8], key: TSIGKey, requestMAC: [UInt8], at time: UInt64
    ) throws(Refusal) -> Message {
        let received: ReceivedMessage
        do { received = try ReceivedMessage(bytes) } catch {
            throw Refusal(.damaged, "the answer is damaged: \(error)")
        }
        guard let tsig = received.tsig else { throw Refusal(.unsignedAnswer, "the answer has no TSIG") }
        try refuseUnsignedError(tsig, key)
        guard tsig.keyName == key.name, tsig.algorithm == key.algorithm.name else {
            throw Refusal(
                .unsignedAnswer, "the answer is signed with key \(tsig.keyName) (\(tsig.algorithm)), not \(key.name)")
        }
        guard tsig.mac.count == key.algorithm.length else {
            throw Refusal(.unsignedAnswer, "the answer's MAC is cut to \(tsig.mac.count) bytes")
        }
        var signed = Array(bytes[..<received.end])
        signed.replaceSubrange(0..<2, with: [UInt8(tsig.originalID >> 8), UInt8(tsig.originalID & 255)])
        lowerAdditional(&signed)
        let length = [UInt8(truncatingIfNeeded: requestMAC.count >> 8), UInt8(truncatingIfNeeded: requestMAC.count)]
        guard isValid(tsig.mac, [length, requestMAC, signed, tsig.variables], key) else {
            throw Refusal(.unsignedAnswer, "the answer's signature is wrong")
        }
        try refuseSignedError(tsig, key, time)
        return received.message
    }

    /// Why an answer isn't taken.
    package struct Refusal: Error, Hashable, Sendable {
        /// Which kind.
        package var reason: DNSFailure.Reason
        /// What happened, in words, ending without a period.
        package var text: String

        init(_ reason: DNSFailure.Reason, _ text: String) {
            self.reason = reason
            self.text = text
        }
    }

    /// BADKEY and BADSIG come without a MAC: the server has no key that both could know.
    private static func refuseUnsignedError(_ tsig: TSIGRecord, _ key: TSIGKey) throws(Refusal) {
        switch tsig.error {
        case TSIGRecord.badKey:
            throw Refusal(
                .badKey, "the server knows no key \(key.name) with \(key.algorithm.rawValue) (BADKEY)")
        case TSIGRecord.badSignature:
            throw Refusal(
                .badSignature, "the secret of key \(key.name) isn't the one that the server has (BADSIG)")
        default: break
        }
    }

    /// BADTIME is signed, with the server's time in it; then the time itself is looked at.
    private static func refuseSignedError(_ tsig: TSIGRecord, _ key: TSIGKey, _ time: UInt64) throws(Refusal) {
        if tsig.error == TSIGRecord.badTime {
            let theirs = tsig.other.count == 6 ? tsig.other.reduce(0) { $0 << 8 | UInt64($1) } : tsig.time
            throw Refusal(.badTime, "\(clock(theirs, time)) (BADTIME); set both by NTP")
        }
        guard tsig.error == 0 else {
            throw Refusal(.unsignedAnswer, "the server refuses the signature with error \(tsig.error)")
        }
        let apart = tsig.time > time ? tsig.time - time : time - tsig.time
        guard apart <= UInt64(tsig.fudge) else {
            throw Refusal(.badTime, "\(clock(tsig.time, time)); set both by NTP")
        }
    }

    private static func clock(_ theirs: UInt64, _ ours: UInt64) -> String {
        theirs > ours
            ? "the server's clock is \(theirs - ours) s ahead of this machine's"
            : "the server's clock is \(ours - theirs) s behind this machine's"
    }
}

extension TSIG {
    static func code(_ parts: [[UInt8]], _ key: TSIGKey) -> [UInt8] {
        let secret = SymmetricKey(data: key.secret)
        return switch key.algorithm {
        case .sha256: Array(HMAC<SHA256>.authenticationCode(for: Array(parts.joined()), using: secret))
        case .sha384: Array(HMAC<SHA384>.authenticationCode(for: Array(parts.joined()), using: secret))
        case .sha512: Array(HMAC<SHA512>.authenticationCode(for: Array(parts.joined()), using: secret))
        }
    }

    /// Compares in constant time.
    private static func isValid(_ mac: [UInt8], _ parts: [[UInt8]], _ key: TSIGKey) -> Bool {
        let (secret, bytes) = (SymmetricKey(data: key.secret), Array(parts.joined()))
        return switch key.algorithm {
        case .sha256: HMAC<SHA256>.isValidAuthenticationCode(mac, authenticating: bytes, using: secret)
        case .sha384: HMAC<SHA384>.isValidAuthenticationCode(mac, authenticating: bytes, using: secret)
        case .sha512: HMAC<SHA512>.isValidAuthenticationCode(mac, authenticating: bytes, using: secret)
        }
    }

    /// One record more in the additional section.
    private static func raiseAdditional(_ bytes: inout [UInt8]) { changeAdditional(&bytes, by: 1) }

    private static func lowerAdditional(_ bytes: inout [UInt8]) { changeAdditional(&bytes, by: UInt16.max) }

    private static func changeAdditional(_ bytes: inout [UInt8], by change: UInt16) {
        let count = (UInt16(bytes[10]) << 8 | UInt16(bytes[11])) &+ change
        bytes[10] = UInt8(count >> 8)
        bytes[11] = UInt8(count & 255)
    }
}
