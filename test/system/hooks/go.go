// SPDX-License-Identifier: MIT
// A server and a hundred clients at once, by system calls of Go's own: what became of them, a line each family.
package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

func why(err error) string {
	var number syscall.Errno
	if errors.As(err, &number) {
		return number.Error()
	}
	return fmt.Sprint(err)
}

func serve(listener net.Listener) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		go func() { io.Copy(conn, conn); conn.Close() }()
	}
}

func client(address string, number int) error {
	conn, err := net.DialTimeout("tcp", address, 5*time.Second)
	if err != nil {
		return err
	}
	defer conn.Close()
	text, back := []byte(fmt.Sprintf("%05d", number)), make([]byte, 5)
	if _, err = conn.Write(text); err != nil {
		return err
	}
	if _, err = io.ReadFull(conn, back); err == nil && string(back) != string(text) {
		err = errors.New("another one's")
	}
	return err
}

func datagram(host string) string {
	there, err := net.ListenPacket("udp", net.JoinHostPort(host, "5001"))
	if err != nil {
		return why(err)
	}
	defer there.Close()
	here, err := net.ListenPacket("udp", net.JoinHostPort(host, "0"))
	if err != nil {
		return why(err)
	}
	defer here.Close()
	to, _ := net.ResolveUDPAddr("udp", net.JoinHostPort(host, os.Args[1]))
	if _, err = here.WriteTo([]byte("text"), to); err != nil {
		return why(err)
	}
	text := make([]byte, 8)
	there.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
	n, _, err := there.ReadFrom(text)
	if err != nil {
		return "nothing"
	}
	return string(text[:n])
}

func main() {
	for _, host := range []string{"127.0.0.1", "::1"} {
		listener, err := net.Listen("tcp", net.JoinHostPort(host, "5001"))
		if err != nil {
			fmt.Println(host, "listen:", why(err))
			continue
		}
		var group sync.WaitGroup
		var good atomic.Int32
		var bad atomic.Value
		go serve(listener)
		for i := 0; i < 100; i++ {
			group.Add(1)
			go func(i int) {
				defer group.Done()
				if err := client(net.JoinHostPort(host, os.Args[1]), i); err == nil {
					good.Add(1)
				} else {
					bad.Store(why(err))
				}
			}(i)
		}
		group.Wait()
		listener.Close()
		fmt.Println(host, good.Load(), bad.Load(), datagram(host))
	}
}
