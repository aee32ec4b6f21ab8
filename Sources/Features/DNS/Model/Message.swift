/// A DNS message (RFC 1035, section 4.1; for updates RFC 2136, section 2: zone, prerequisites, updates, additional).
package struct Message: Hashable, Sendable {
    /// What is asked for.
    package enum Operation: UInt8, Hashable, Sendable {
        case query = 0
        case notify = 4
        case update = 5
    }

    /// One entry of the question (or zone) section.
    package struct Question: Hashable, Sendable {
        package var name: DomainName
        package var type: RecordType
        package var recordClass: UInt16

        /// A question; class IN unless given.
        package init(_ name: DomainName, _ type: RecordType, recordClass: UInt16 = 1) {
            self.name = name
            self.type = type
            self.recordClass = recordClass
        }
    }

    package var id: UInt16
    package var isResponse = false
    /// The number of the operation; `Operation` names the known ones.
    package var operation: UInt8
    /// AA: the server answers for the zone itself.
    package var isAuthoritative = false
    /// TC: the answer is cut.
    package var isTruncated = false
    /// RD.
    package var recursionDesired = false
    /// RA.
    package var recursionAvailable = false
    /// AD: the server says that it validated.
    package var isAuthentic = false
    /// CD.
    package var checkingDisabled = false
    /// RCODE, with EDNS's upper bits: 0 NOERROR, 1 FORMERR, 2 SERVFAIL, 3 NXDOMAIN, 5 REFUSED, 6 YXDOMAIN, 7 YXRRSET,
    /// 8 NXRRSET, 9 NOTAUTH, 10 NOTZONE.
    package var code: UInt16 = 0
    package var questions: [Question] = []
    /// The prerequisites of an update.
    package var answers: [ResourceRecord] = []
    /// The updates of an update.
    package var authority: [ResourceRecord] = []
    /// Without OPT and TSIG.
    package var additional: [ResourceRecord] = []
    /// EDNS (RFC 6891); nil if it is not used.
    package var edns: EDNS?

    /// A message without anything in it.
    package init(id: UInt16, operation: Operation = .query) {
        self.id = id
        self.operation = operation.rawValue
    }

    /// What EDNS says (RFC 6891, section 6.1.3).
    package struct EDNS: Hashable, Sendable {
        /// The largest UDP answer that is taken, in bytes.
        package var payload: UInt16
        /// DO: signatures are wanted.
        package var wantsSignatures: Bool
        /// The options' bytes, uninterpreted.
        package var options: [UInt8]

        /// EDNS with these.
        package init(payload: UInt16 = 1232, wantsSignatures: Bool = true, options: [UInt8] = []) {
            self.payload = payload
            self.wantsSignatures = wantsSignatures
            self.options = options
        }
    }
}
