package heavy

import "strings"

// Bodies are bodies of calls that are hard to read right, as seeds for fuzz tests: what SDKs send, what pages show,
// and what nobody should send.
var Bodies = []string{
	// What SDKs send: kinds in any case, lists for primaryPlaceOfUse, an empty address, fields of their own.
	`{"devices":[{"deviceIds":[{"kind":"EID","id":"89001012012341234012345678901224"},{"kind":"ICCID","id":"89445000000000000019"}]}],"accountName":"0000123456-00001","smsrOid":"1.3.6.1"}`,
	`{"devices":[{"deviceIds":[{"kind":"imei","id":"490154203237518"}]}],"accountName":"0000123456-00001","primaryPlaceOfUse":[{"customerName":[{"firstName":"Ann","lastName":"Lee"}]},{"address":{}}]}`,
	`{"devices":[{"deviceIds":[{"kind":"iccid","id":"8914800000000000001"},{"kind":"msisdn","id":"15415550100"},{"kind":"mdn","id":"5415550100"}]}],"accountName":"a","mdnZipCode":"98801","smrsOid":"1"}`,
	`{"devices":[{"ids":[{"kind":"iccid","id":"89445000000000000019"}]}],"accountName":"a","etfWaiver":true,"reasonCode":"FF"}`,
	`{"devices":[[{"kind":"iccid","id":"89445000000000000019"}]],"accountName":"a"}`,
	`{"devices":[{"kind":"iccid","id":"89445000000000000019"}],"accountName":"a"}`,
	`{"devices":[[{"kind":"iccid","id":"89445000000000000019"},{"kind":"eid","id":"89001012012341234012345678901224"}]],"accountName":"a"}`,
	`{"devices":[{"kind":"iccid","id":"89445000000000000019","deviceIds":[]},{"kind":"eid","id":"89001012012341234012345678901224"}],"accountName":"a"}`,
	// What the pages show, their trailing comma included.
	`{"devices":[{"deviceIds":[{"kind":"eid","id":"32-digit EID"},{"kind":"iccid","id":"20-digit ICCID"}]}],"accountName":"0000123456-00001","servicePlan":"The plan",}`,
	// What the fast path is sure of, white space and all fields included, and what it must not be.
	"{ \"accountName\" :\t\"a\",\r\n\"servicePlan\":\"p\", \"carrierName\":\"c\", \"checkFallbackProfile\": true ,\"devices\":[ {\"deviceIds\":[ {\"id\":\"89445000000000000019\",\"kind\":\"iccid\"} , {\"kind\":\"eid\",\"id\":\"89001012012341234012345678901224\"}]}]} ",
	`{"devices":[{"deviceIds":[{"kind":"iccid","id":"89445000000000000019"},]},],"accountName":"a"}`,
	`{"devices":[{"deviceIds":[{"kind":"eid","id":"89001012012341234012345678901224"},{"kind":"msisdn","id":"15415550100"},{"kind":"mdn","id":"5415550100"},{"kind":"iccid","id":"89445000000000000019"}]}],"accountName":"a"}{}`,
	// Keys twice, and in another case.
	`{"devices":[],"devices":[{"deviceIds":[{"kind":"iccid","id":"1","id":"89445000000000000019"}]}],"accountName":"a","accountName":null}`,
	`{"Devices":[{"DeviceIds":[{"Kind":"iccid","Id":"89445000000000000019"}]}],"accountname":"a","ACCOUNTNAME":"b"}`,
	`{"devices":[{"deviceIds":[{"kind":"iccid","id":"89445000000000000019"},{"kind":"Iccid","id":"89445000000000000027"}]}],"accountName":"a"}`,
	// Nothing, and null in every place.
	``, ` `, `null`, `{}`, `[]`, `""`, `0`, "\xef\xbb\xbf{}",
	`{"devices":null,"accountName":null,"servicePlan":null,"primaryPlaceOfUse":null}`,
	`{"devices":[null,{"deviceIds":null},{"deviceIds":[null,{"kind":null,"id":null}]}],"accountName":"a"}`,
	// Numbers that no machine has room for, where strings or anything may stand.
	`{"devices":[{"deviceIds":[{"kind":"iccid","id":89445000000000000019}]}],"accountName":1e999999,"servicePlan":-0,"x":123456789012345678901234567890.5e-400}`,
	// Text that is no text, or hardly.
	"{\"devices\":[{\"deviceIds\":[{\"kind\":\"iccid\xff\",\"id\":\"\xc3\x28\"}]}],\"accountName\":\"\\ud800\"}",
	`{"devices":[{"deviceIds":[{"kind":"iccid\n","id":"89445000000000000019\n"},{"kind":"\u0130ccid","id":"٨٩٤٤٥٠٠٠٠٠٠٠٠٠٠٠٠٠٠"}]}],"accountName":"\u0000<'\\>"}`,
	`{"devices":[{"deviceIds":[{"kind":"mdn","id":"1115550100"},{"kind":"msisdn","id":"25415550100"},{"kind":"esn","id":""}]}],"accountName":"a"}`,
	// Depths.
	strings.Repeat("[", 300) + strings.Repeat("]", 300),
	strings.Repeat("[", 20_000),
	`{"devices":` + strings.Repeat(`[{"deviceIds":`, 50) + `[]` + strings.Repeat(`}]`, 50) + `,"accountName":"a"}`,
	`{"devices":[{"deviceIds":[{"kind":"iccid","id":"89445000000000000019"}]}],"accountName":"a","primaryPlaceOfUse":{"customerName":` +
		strings.Repeat("[", 100) + strings.Repeat("]", 100) + `,"address":` + strings.Repeat("[", 100) + `{"zip":1}` + strings.Repeat("]", 100) + `}}`,
}
