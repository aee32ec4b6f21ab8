/// Judges what came back for one message.
struct AnswerCheck: Sendable {
    /// What was sent.
    var request: Message
    var key: TSIGKey?
    /// The MAC of what was sent.
    var requestMAC: [UInt8]
    var server: NameServer
    /// Now, in seconds since 1970.
    var clock: @Sendable () -> UInt64

    enum Verdict {
        case answer(Message)
        /// TC is set: it must be asked for over TCP.
        case truncated
        /// It isn't the answer; what it is.
        case stray(String)
        /// It is the answer, and no good one.
        case refused(DNSFailure)
    }

    func callAsFunction(_ bytes: [UInt8]) -> Verdict {
        guard bytes.count >= 12 else { return .stray("what came is no DNS message") }
        guard UInt16(bytes[0]) << 8 | UInt16(bytes[1]) == request.id else { return .stray("what came has another id") }
        guard bytes[2] & 0x80 != 0 else { return .stray("what came is no answer") }
        // Some servers cut in the middle of a record: what is cut isn't read.
        if bytes[2] & 0x02 != 0 { return .truncated }
        let answer: Message
        do { answer = try Message(bytes: bytes) } catch { return .stray("the answer is damaged: \(error)") }
        guard answer.operation == request.operation, isAsked(answer) else {
            return .stray("what came answers another question")
        }
        guard let key else { return .answer(answer) }
        do {
            return .answer(try TSIG.verify(answer: bytes, key: key, requestMAC: requestMAC, at: clock()))
        } catch { return .refused(DNSFailure(error.reason, server, error.text)) }
    }

    /// Errors and answers to updates may leave the question out (RFC 2136, section 3.8).
    private func isAsked(_ answer: Message) -> Bool {
        if answer.questions.isEmpty {
            return request.operation == Message.Operation.update.rawValue || ![0, 3].contains(answer.code)
        }
        return answer.questions == request.questions
    }
}
