# Docker's API by its socket, for what runs as long as the appliance does and should not start docker's client
# for each question. One request a connection, each with a deadline; and the stream of events.
package Docker;
use strict;
use warnings;
use Socket;

use constant MOST => 64 * 1024 * 1024;    # bytes of an answer

our $path  = '/run/docker.sock';
our $error = '';                          # why the last call gave nothing

# What a name is in a URL.
sub escaped {
	my $name = shift;
	$name =~ s{([^A-Za-z0-9._~/:-])}{sprintf '%%%02X', ord $1}ge;
	return $name;
}

# A connection that has sent the request. HTTP/1.0, so that the answer is not cut into chunks.
sub request {
	my ($method, $what) = @_;
	socket(my $s, AF_UNIX, SOCK_STREAM, 0) or die "$!\n";
	connect($s, sockaddr_un($path)) or die "$path: $!\n";
	defined syswrite($s, "$method $what HTTP/1.0\r\nHost: docker\r\nContent-Length: 0\r\n\r\n") or die "$!\n";
	return $s;
}

# The value that docker answers with, 1 if that is nothing; undef if it refuses, or says nothing for that long.
sub call {
	my ($method, $what, $seconds) = @_;
	my ($status, $text, $value) = (0, '');
	local $SIG{PIPE} = 'IGNORE';
	local $SIG{ALRM} = sub { die "no answer in $seconds s\n" };
	$error = '';
	my $fine = eval {
		alarm $seconds;
		my $s = request($method, $what);
		while (sysread $s, $text, 65536, length $text) { die "endless\n" if length $text > MOST }
		alarm 0;
		($status) = $text =~ m{\AHTTP/1\.[01] (\d{3})} or die "no answer\n";
		$text =~ s/\A.*?\r\n\r\n//s;
		$value = $text =~ /\S/ ? decoded(\$text) : 1;
		1;
	};
	alarm 0;
	$error = $@ unless $fine;
	$error = ref $value eq 'HASH' ? $value->{message} // $status : $status if $fine && $status !~ /^2/;
	$error =~ s/\s+/ /g;
	return $error eq '' ? $value : undef;
}

# The stream of what happens to containers, images and volumes from that second on; undef if there is none.
sub events {
	my $since = shift;
	local $SIG{ALRM} = sub { die "late\n" };
	my $stream = eval {
		alarm 30;
		request('GET', "/events?since=$since&filters=" . escaped('{"type":["container","image","volume"]}'));
	};
	alarm 0;
	return $stream;
}

# -- JSON ----------------------------------------------------------------------------------------------------

# The value at the text's position. What a name or a label holds is for others to say, so strings are taken
# piece by piece: a pattern for a whole one has limits.
sub decoded {
	my $text = shift;
	$$text =~ /\G[\s,:]+/gc;
	if ($$text =~ /\G\{/gc) {
		my %object;
		until ($$text =~ /\G[\s,]*\}/gc) { my $key = decoded($text); $object{$key} = decoded($text) }
		return \%object;
	}
	if ($$text =~ /\G\[/gc) {
		my @list;
		push @list, decoded($text) until $$text =~ /\G[\s,]*\]/gc;
		return \@list;
	}
	return string($text) if $$text =~ /\G"/gc;
	return $1 + 0 if $$text =~ /\G(-?\d[\d.eE+-]*)/gc;
	return $1 eq 'true' ? 1 : $1 eq 'false' ? 0 : undef if $$text =~ /\G(true|false|null)/gc;
	die "docker's answer is no JSON\n";
}

# Names of images and volumes are ASCII; of anything else it is enough that it is not one of them.
sub string {
	my ($text, $string) = (shift, '');
	until ($$text =~ /\G"/gc) {
		if ($$text =~ /\G([^"\\]+)/gc) { $string .= $1 }
		elsif ($$text =~ /\G\\u([0-9a-fA-F]{4})/gc) { $string .= hex $1 < 128 ? chr hex $1 : '?' }
		elsif ($$text =~ /\G\\(["\\\/])/gc) { $string .= $1 }
		elsif ($$text =~ /\G\\[bfnrt]/gc) { $string .= ' ' }
		else { die "docker's answer is no JSON\n" }
	}
	return $string;
}

1;
