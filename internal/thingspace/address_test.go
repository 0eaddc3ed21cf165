package thingspace

import (
	"strings"
	"testing"
)

// residence is a body of activate with a primaryPlaceOfUse.
func residence(place string) string {
	return `{"devices":[{"deviceIds":[` + goodICCID + `]}],"accountName":"a","primaryPlaceOfUse":` + place + `}`
}

const (
	goodName    = `{"firstName":"Ann","lastName":"Lee"}`
	goodAddress = `{"addressLine1":"1 Main Street","city":"Wenatchee","state":"WA","zip":"98801","country":"USA"}`
)

// TestFormsOfPlaces: the page has an object, the SDKs have lists.
func TestFormsOfPlaces(t *testing.T) {
	const (
		anObject  = "an object with customerName and address; the SDKs' lists of these are taken too"
		aName     = "an object with firstName and lastName"
		anAddress = "an object with addressLine1, city, state, zip and country"
		anItem    = "an object with customerName or address"
		aStreet   = "a street address, not a P.O. box"
		aFirst    = "1 to 20 letters, digits, spaces, - ! or #"
	)
	tests := []struct{ place, pointer, found, expected string }{
		{`{"customerName":` + goodName + `,"address":` + goodAddress + `}`, "", "", ""},
		{`{"customerName":[` + goodName + `],"address":[` + goodAddress + `]}`, "", "", ""},
		{`[{"customerName":` + goodName + `,"address":` + goodAddress + `}]`, "", "", ""},
		{`[{"customerName":[` + goodName + `],"address":[` + goodAddress + `]}]`, "", "", ""},
		{`[{"customerName":[` + goodName + `]},{"address":[` + goodAddress + `]}]`, "", "", ""},
		{`[{"customerName":[` + goodName + `]},{"address":{}}]`, "", "", ""},
		{`[{"customerName":[` + goodName + `]},{"address":[{}]}]`, "", "", ""},
		{`[{"customerName":[` + goodName + `],"address":[{}],"x":[]}]`, "", "", ""},

		{`{}`, "/address", "nothing", anAddress},
		{`[]`, "", "an empty list", anObject},
		{`[{}]`, "/0", "an empty object", anItem},
		{`[{"x":1}]`, "/0", "an object", anItem},
		{`[{"customerName":` + goodName + `,"address":` + goodAddress + `},{}]`, "/1", "an empty object", anItem},
		{`[{"customerName":` + goodName + `}]`, "", "a list of 1", anObject},
		{`[{"address":{}}]`, "", "a list of 1", anObject},
		{`[7]`, "/0", "7", anItem},
		{`"home"`, "", `"home"`, anObject},
		{`null`, "", `null`, anObject},
		{`{"customerName":` + goodName + `}`, "/address", "nothing", anAddress},
		{`{"address":` + goodAddress + `}`, "/customerName", "nothing", aName},

		{`{"customerName":{},"address":` + goodAddress + `}`, "/customerName/firstName", "nothing", aFirst},
		{`{"customerName":[],"address":` + goodAddress + `}`, "/customerName", "an empty list", aName},
		{`{"customerName":[{}],"address":` + goodAddress + `}`, "/customerName/0/firstName", "nothing", aFirst},
		{`{"customerName":"Ann","address":` + goodAddress + `}`, "/customerName", `"Ann"`, aName},
		{`[{"customerName":[],"address":[{}]}]`, "/0/customerName", "an empty list", aName},
		{`[{"customerName":[{}]},{"address":[{}]}]`, "/0/customerName/0/firstName", "nothing", aFirst},
		{`[{"customerName":{}},{"address":[{}]}]`, "/0/customerName/firstName", "nothing", aFirst},

		{`{"customerName":` + goodName + `,"address":{}}`, "/address/addressLine1", "nothing", aStreet},
		{`{"customerName":` + goodName + `,"address":[]}`, "/address", "an empty list", anAddress},
		{`{"customerName":` + goodName + `,"address":[{}]}`, "/address/0/addressLine1", "nothing", aStreet},
		{`{"customerName":` + goodName + `,"address":null}`, "/address", "null", anAddress},
		{`[{"customerName":` + goodName + `,"address":[]}]`, "/0/address", "an empty list", anAddress},
		{`[{"customerName":` + goodName + `,"address":[{"x":1}]}]`, "/0/address/0/addressLine1", "nothing", aStreet},
		{`[{"customerName":` + goodName + `,"address":["home"]}]`, "/0/address/0", `"home"`, anAddress},
	}
	for _, test := range tests {
		want := ""
		if test.found != "" {
			want = "/primaryPlaceOfUse" + test.pointer + ": found " + test.found + ", expected " + test.expected
		}
		for _, file := range []string{"activate", "activate_enable"} {
			if got := refused(schemaOf(file), residence(test.place)); got != want {
				t.Errorf("%s: %s\ngot  %s\nwant %s", file, test.place, got, want)
			}
		}
	}
}

// TestPlaceFields: at both ends of every length and alphabet, in the page's form and in the SDKs'.
func TestPlaceFields(t *testing.T) {
	const (
		states = "AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY " +
			"DC AS GU MP PR UM VI" // ISO 3166-2:US
		alphabet = " AZaz09-!#"
		aStreet  = "a street address, not a P.O. box"
		aZip     = "a zip code of 5 digits, or with the 4 after it, such as 98801-1234"
		aState   = "the two letters of a US state, of DC or of a territory, such as \"TX\""
	)
	a := func(n int) string { return strings.Repeat("a", n) }
	pairs := strings.Fields(strings.ToLower(states) + " " + states + " Tx tX")
	var noState []string
	for first := 'A'; first <= 'Z'; first++ {
		for second := 'A'; second <= 'Z'; second++ {
			if pair := string(first) + string(second); !strings.Contains(states, pair) {
				noState = append(noState, pair, strings.ToLower(pair))
			}
		}
	}
	tests := []struct {
		of, field, expected string
		right, wrong        []string
	}{
		{"customerName", "title", "a title, such as \"Dr.\"", []string{"", "Dr."}, nil},
		{"customerName", "firstName", "1 to 20 letters, digits, spaces, - ! or #", []string{"a", a(20), alphabet}, []string{
			"", a(21), "O'Hara", "Ann.", "Zoë", "a_b", "a@b", "a/b", "a\"b", "Ann\n",
		}},
		{"customerName", "middleName", "a middle name", []string{"", "O'Hara"}, nil},
		{"customerName", "lastName", "1 to 25 letters, digits, spaces, - ! or #", []string{"a", a(25), alphabet}, []string{
			"", a(26), "O'Hara", "Lee.", "Muñoz", "a_b", "a[b", "a`b", "a{b", "a:b",
		}},
		{"customerName", "suffix", "a suffix, such as \"Jr.\"", []string{"", "Jr."}, nil},
		{"address", "addressLine1", aStreet, streets, boxes},
		{"address", "addresLine1", aStreet, streets, boxes},
		{"address", "addressLine2", "more of the street address", []string{"", "P.O. Box 12"}, nil},
		{"address", "city", "the name of a city", []string{"a", "Coeur d'Alene"}, []string{""}},
		{"address", "state", aState, pairs, append(noState, "", "W", "WAS", "W A", "Washington", "WA ", "12")},
		{"address", "zip", aZip, []string{"00000", "98801", "99999", "98801-0000", "98801-9999"}, []string{
			"", "9880", "988010", "9880a", "98801-", "98801-123", "98801-12345", "9880-1234", "988011234", "98801 1234", "98801-123a", "98801\n",
		}},
		{"address", "zip4", "the 4 digits after a zip code", []string{"0000", "9999"}, []string{"", "123", "12345", "123a", "-123"}},
		{"address", "country", "\"US\" or \"USA\"", []string{"US", "USA"}, []string{"", "U", "us", "usa", "Usa", "uS", "uSA", "USa", "USAA", "USB", "UK", "U.S.", "CA"}},
	}
	s := schemaOf("activate")
	for _, test := range tests {
		expect := func(value, expected string) {
			t.Helper()
			object := map[string]string{"customerName": goodName, "address": goodAddress}
			// Of a key that is there twice, the last one counts.
			object[test.of] = strings.TrimSuffix(object[test.of], "}") + `,"` + test.field + `":` + value + "}"
			forms := map[string]string{
				"/" + test.of:          `{"customerName":` + object["customerName"] + `,"address":` + object["address"] + `}`,
				"/0/" + test.of + "/0": `[{"customerName":[` + object["customerName"] + `],"address":[` + object["address"] + `]}]`,
			}
			for at, place := range forms {
				want := ""
				if expected != "" {
					want = "/primaryPlaceOfUse" + at + "/" + test.field + ": found " + value + ", expected " + expected
				}
				if got := refused(s, residence(place)); got != want {
					t.Errorf("%s\ngot  %s\nwant %s", place, got, want)
				}
			}
		}
		for _, value := range test.right {
			expect(string(encodeJSON(value)), "")
		}
		for _, value := range test.wrong {
			expect(string(encodeJSON(value)), test.expected)
		}
		expect("7", test.expected)
		expect("null", test.expected)
	}
}

// streets are where somebody can live.
var streets = []string{
	"1 Main Street", "a", "1 Post Office Road", "10 Pobjoy Street", "Boxwood 3", "12 Pobox Lane", "12 POB Street",
	"7 Depot Box Road", "1 Tempo Box Court", "3 P Street", "4 O Box Avenue", "5 Poboxwood Drive", "6 P.O. Boxer Way", "The Old Post Office, 9 High Street",
	"8 Pob Hill Road", "11 Post Road", "12 Box Street",
}

// boxes are where nobody can.
var boxes = []string{
	"", "P.O. Box 12", "P.O. BOX 12", "p.o. box 12", "PO Box 12", "PO BOX", "po box", "P O Box 12", "P. O. Box 12", "P.O.Box 12", "P.O.Box12", "POBox 12", "POBOX12",
	"pobox", "P.O.B. 12", "P.O.B 12", "POB 12", "POB12", "P O B 12", "pob 12", "POB #12", "POB No. 12", "POB", "Post Office Box 12", "POST OFFICE BOX 12", "post office box",
	"Post-Office Box 12", "1 Main Street, P.O. Box 12", "1 Main Street (PO Box 12)", "Apt 3 POB 12", "PO-Box 12", "P/O Box 12", "P.O. Box #12", "PO Box A",
}

// TestPlaceNeeds: a field that is left out is named. The page's table spells the first line of an address
// in its own way, which will do; both are looked at.
func TestPlaceNeeds(t *testing.T) {
	s := schemaOf("activate")
	for _, test := range []struct{ old, new, want string }{
		{`"firstName":"Ann",`, ``, "customerName/firstName: found nothing, expected 1 to 20 letters, digits, spaces, - ! or #"},
		{`,"lastName":"Lee"`, ``, "customerName/lastName: found nothing, expected 1 to 25 letters, digits, spaces, - ! or #"},
		{`"addressLine1":"1 Main Street",`, ``, "address/addressLine1: found nothing, expected a street address, not a P.O. box"},
		{`"city":"Wenatchee",`, ``, "address/city: found nothing, expected the name of a city"},
		{`"state":"WA",`, ``, `address/state: found nothing, expected the two letters of a US state, of DC or of a territory, such as "TX"`},
		{`"zip":"98801",`, ``, "address/zip: found nothing, expected a zip code of 5 digits, or with the 4 after it, such as 98801-1234"},
		{`,"country":"USA"`, ``, `address/country: found nothing, expected "US" or "USA"`},
		{`addressLine1`, `addresLine1`, ""},
		{`"addressLine1"`, `"addresLine1":"P.O. Box 12","addressLine1"`, `address/addresLine1: found "P.O. Box 12", expected a street address, not a P.O. box`},
		{`"addressLine1"`, `"addresLine1":"1 Main Street","addressLine1":7,"x"`, `address/addressLine1: found 7, expected a street address, not a P.O. box`},
	} {
		place := strings.Replace(`{"customerName":`+goodName+`,"address":`+goodAddress+`}`, test.old, test.new, 1)
		want := test.want
		if want != "" {
			want = "/primaryPlaceOfUse/" + want
		}
		if got := refused(s, residence(place)); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", place, got, want)
		}
	}
}

// TestZipOfANumber: mdnZipCode has 5 digits, wherever it is taken.
func TestZipOfANumber(t *testing.T) {
	for i := range actions {
		s := actions[i].schema
		if s.compiled().Properties()["mdnZipCode"] == nil {
			continue
		}
		said := func(zip string) string {
			body := bodyOf(actions[i].op, enough)
			return refused(s, strings.TrimSuffix(body, "}")+`,"mdnZipCode":`+zip+`}`)
		}
		for _, zip := range []string{`"00000"`, `"98801"`, `"99999"`} {
			if got := said(zip); got != "" {
				t.Errorf("%s: %s", s.name, got)
			}
		}
		for _, zip := range []string{`""`, `"9880"`, `"988010"`, `"9880a"`, `"98801-1234"`, `98801`, `null`} {
			if got, want := said(zip), "/mdnZipCode: found "+zip+", expected a zip code of 5 digits"; got != want {
				t.Errorf("%s:\ngot  %s\nwant %s", s.name, got, want)
			}
		}
	}
}
