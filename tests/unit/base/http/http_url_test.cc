#include "base/http/http_url.h"

#include <gtest/gtest.h>

#include <string>

namespace ottla::base {
namespace {

HttpUrl read(const std::string& text) {
  const auto url = HttpUrl::parse(text);
  EXPECT_TRUE(url) << text << ": " << url.error();
  return url ? *url : HttpUrl();
}

TEST(HttpUrl, has_the_port_of_its_scheme_unless_it_says_another) {
  const HttpUrl expected{.endpoint = {"id.example.org", 443}, .target = "/a/token?x=1"};
  EXPECT_EQ(read("https://id.example.org/a/token?x=1"), expected);
  EXPECT_EQ(read("HTTPS://id.example.org:443/a/token?x=1"), expected);
  EXPECT_EQ(expected.authority(), "id.example.org");
  EXPECT_EQ(expected.to_string(), "https://id.example.org/a/token");
  const HttpUrl other{.encrypted = false, .endpoint = {"::1", 8080}, .target = "/?q"};
  EXPECT_EQ(read("http://[::1]:8080?q"), other);
  EXPECT_EQ(other.authority(), "[::1]:8080");
  EXPECT_EQ(read("http://[::1]").authority(), "[::1]");
  EXPECT_EQ(read("http://10.0.0.1").endpoint, (Endpoint{"10.0.0.1", 80}));
}

TEST(HttpUrl, knows_this_machine_by_its_names_alone) {
  for (const std::string host : {"localhost", "LOCALHOST:1", "127.0.0.1", "127.1.2.3:8", "[::1]"}) {
    EXPECT_TRUE(read("http://" + host).is_loopback()) << host;
  }
  for (const std::string host :
       {"localhost.example.org", "127.0.0.1.example.org", "10.0.0.1", "[::2]", "127.example.org",
        "127.0.0.1.5", "127.1", "127.0.0.256", "[::ffff:1]"}) {
    EXPECT_FALSE(read("http://" + host).is_loopback()) << host;
  }
}

TEST(HttpUrl, refuses_what_could_be_read_in_two_ways_and_repeats_nothing_of_it) {
  for (const std::string text : {"",
                                 "https://",
                                 "id.example.org",
                                 "file:///token",
                                 "ftp://secret/",
                                 "https:///secret",
                                 "https://user:secret@host/",
                                 "https://host@secret/",
                                 "https://host:/secret",
                                 "https://host:0/secret",
                                 "https://host:65536/secret",
                                 "https://host:1x/secret",
                                 "https://[::1/secret",
                                 "https://[::1]x/secret",
                                 "https://[]/secret",
                                 "https://[host]/secret",
                                 "https://[zz:zz]/secret",
                                 "https://[1:2]/secret",
                                 "https://[::1.2]/secret",
                                 "https://a:b:c/secret",
                                 "https://host/secret#x",
                                 "https://host/secret x",
                                 "https://host/secret\r\nX: y",
                                 "https://ho st/secret",
                                 "https://host\\secret",
                                 "https://host%2fsecret/",
                                 "https://h\xc3\xb6st/secret"}) {
    const auto url = HttpUrl::parse(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().code(), ErrorCode::invalid_argument);
    EXPECT_EQ(url.error().to_string().find("secret"), std::string::npos) << url.error();
  }
  EXPECT_FALSE(HttpUrl::parse("https://host/" + std::string(5000, 'a')));
  EXPECT_FALSE(HttpUrl::parse("https://" + std::string(300, 'a')));
}

TEST(FormEncoded, leaves_nothing_that_means_something_in_a_form) {
  EXPECT_EQ(form_encoded("aZ09-._*"), "aZ09-._*");
  EXPECT_EQ(form_encoded("a b&c=d+%/\xc3\xb6\n"), "a+b%26c%3Dd%2B%25%2F%C3%B6%0A");
}

}  // namespace
}  // namespace ottla::base
