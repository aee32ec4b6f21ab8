import StewardAccess
import Testing

@Suite struct SecretValuesTests {
    @Test func aValueIsHiddenWhereverAndHoweverItStands() {
        let secret = "a b&\"c/ü"
        let values = SecretValues([secret])
        #expect(values.hide(in: "<\(secret)><\(secret)>") == "<***><***>")
        #expect(values.hide(in: "q=a%20b%26%22c%2F%C3%BC&x=1") == "q=***&x=1")
        #expect(values.hide(in: "q=a+b%26%22c%2f%c3%bc") == "q=***")
        #expect(values.hide(in: #"{"k": "a b&\"c/ü"}"#) == #"{"k": "***"}"#)
    }

    @Test func everyLongLineOfAValueIsHiddenByItself() {
        let values = SecretValues(["-----BEGIN\nabcdefgh\nxyz"])
        #expect(values.hide(in: "second: abcdefgh") == "second: ***")
        #expect(values.hide(in: "third: xyz") == "third: xyz")
        #expect(values.hide(in: "-----BEGIN\nabcdefgh\nxyz!") == "***!")
    }

    @Test func theLongerOfTwoValuesGoesFirst() {
        #expect(SecretValues(["secret", "secret-and-more"]).hide(in: "secret-and-more secret") == "*** ***")
    }

    @Test func textWithoutAValueStaysAsItIs() {
        #expect(SecretValues(["secret"]).hide(in: "secre secres") == "secre secres")
        #expect(SecretValues().hide(in: "anything") == "anything")
        #expect(SecretValues().isEmpty)
    }
}
